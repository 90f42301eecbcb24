/** Makes a stream over a descriptor that this process has inherited. */
import { connect, Socket } from 'node:net';
import { isBun } from '../util/primordials.ts';

/** In Bun a `Socket` made of a descriptor is not connected to it; its own `connect` takes the descriptor over. */
export function socketOver(fd: number, writable: boolean): Socket {
  if (isBun) return connect({ fd } as unknown as { path: string });
  return new Socket({ fd, readable: true, writable });
}
