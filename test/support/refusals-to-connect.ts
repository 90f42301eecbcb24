/** Refused connections of this process: clients try to connect as long as their server is gone. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';

const CHANNEL = 'net.client.socket';

/** Calls `told` for each connection that is refused at this port of this machine, until the test is over. */
export function onRefused(t: TestContext, port: number, told: () => void): void {
  const watch = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    socket.once('error', (error: NodeJS.ErrnoException & { readonly port?: number }) => {
      if (error.code === 'ECONNREFUSED' && error.port === port) told();
    });
  };
  subscribe(CHANNEL, watch);
  t.after(() => unsubscribe(CHANNEL, watch));
}

/** Resolves when `count` connections have been refused from now on. */
export function whenRefused(t: TestContext, port: number, count: number): Promise<void> {
  return new Promise((resolve) => {
    let refused = 0;
    onRefused(t, port, () => {
      if (++refused === count) resolve();
    });
  });
}
