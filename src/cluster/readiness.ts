/** Whether a server can be used: it answers, and takes what is written. Both have to be so within the time for connecting. */
import { setTimeout as delay } from 'node:timers/promises';
import { reason } from '../util/validate.ts';
import {
  cannotReach,
  isHopeless,
  isTransient,
  type RedisClient,
  type RedisServer,
} from './connection.ts';
import type { QueueNames } from './queue-names.ts';

/** Milliseconds before the end at which a server that says nothing is asked what it is doing. */
const LAST_QUESTION = 500;
/** Milliseconds between two attempts to write: a replica may be about to become the master. */
const BEFORE_AGAIN = 200;

/** @throws BrokenCluster if it does not answer within `timeout` milliseconds, or never will. */
export function ready(server: RedisServer, client: RedisClient, timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: unknown = new Error(`it has not answered for ${timeout} ms`);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      clearTimeout(question);
      client.off('error', onError).off('ready', onReady);
      settle();
    };
    const onError = (error: unknown): void => {
      last = error;
      if (isHopeless(error)) end(() => reject(cannotReach(server, error)));
    };
    const onReady = (): void => end(resolve);
    const timer = setTimeout(() => end(() => reject(cannotReach(server, last))), timeout);
    const question = setTimeout(
      () => void whatItDoes(client).then((found) => (last = found ?? last)),
      Math.max(timeout - LAST_QUESTION, timeout / 2),
    );
    client.on('error', onError).on('ready', onReady);
    if (client.status === 'ready') onReady();
  });
}

/** Of a server that is connected and not ready: it answers this question while it is loading its data, and no other. */
async function whatItDoes(client: RedisClient): Promise<Error | undefined> {
  if (client.status !== 'connect') return undefined;
  const info = await client.info('persistence').catch(() => '');
  return /^loading:1/m.test(info) ? new Error('LOADING: it is still loading its data.') : undefined;
}

/**
 * By a command that writes and needs no memory, so that a server that is full is none that can't be used.
 *
 * @throws BrokenCluster if it refuses that for `timeout` milliseconds.
 */
export async function writable(
  server: RedisServer,
  client: RedisClient,
  { prefix }: QueueNames,
  timeout: number,
): Promise<void> {
  const until = performance.now() + timeout;
  for (;;) {
    try {
      await client.unlink(`${prefix}:probe`);
      return;
    } catch (error) {
      // Who may not do just that may still do all else.
      if (/NOPERM/.test(reason(error))) return;
      if (!isTransient(error) || performance.now() > until) throw cannotReach(server, error);
      await delay(BEFORE_AGAIN);
    }
  }
}
