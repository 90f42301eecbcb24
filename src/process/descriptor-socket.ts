/** A stream over a descriptor that this process has inherited. */
import { connect, Socket } from 'node:net';
import { isBun } from '../util/primordials.ts';

/** Bun leaves a `Socket` made of a descriptor without one; its own `connect` takes it over. */
export function socketOver(fd: number, writable: boolean): Socket {
  if (isBun) return connect({ fd } as unknown as { path: string });
  return new Socket({ fd, readable: true, writable });
}
