/**
 * Waits until a server can be used: it answers and accepts writes. Both have to happen within the time for
 * connecting.
 */
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

/** Milliseconds before the timeout at which a server without an answer is asked for its state. */
const LAST_QUESTION = 500;
/** Milliseconds between two attempts to write: a replica may be about to become the master. */
const BEFORE_AGAIN = 200;

/** @throws BrokenCluster if it does not answer within `timeout` milliseconds, or never will. */
export function ready(server: RedisServer, client: RedisClient, timeout: number): Promise<void> {
  return inTime(server, client, timeout, (done) => {
    client.once('ready', done);
    if (client.status === 'ready') done();
  });
}

/**
 * Tested with a command that writes and needs no memory, so that a full server counts as usable.
 *
 * @throws BrokenCluster if the server refuses it for `timeout` milliseconds.
 */
export function writable(
  server: RedisServer,
  client: RedisClient,
  { prefix }: QueueNames,
  timeout: number,
): Promise<void> {
  return inTime(server, client, timeout, (done, failed) => {
    const ask = async (): Promise<void> => {
      try {
        await client.unlink(`${prefix}:probe`);
        done();
      } catch (error) {
        // A user without the right to this command may have the right to all others.
        if (/NOPERM/.test(reason(error))) done();
        else if (failed(error, isTransient(error))) {
          await delay(BEFORE_AGAIN);
          await ask();
        }
      }
    };
    void ask();
  });
}

/**
 * Reports that the attempt has failed, and whether another one may succeed. @returns false if there is no time for
 * that.
 */
type Failed = (error: unknown, isTransient: boolean) => boolean;

/** @throws BrokenCluster with the last error, if it is not done within `timeout` milliseconds, or never will be. */
function inTime(
  server: RedisServer,
  client: RedisClient,
  timeout: number,
  attempt: (done: () => void, failed: Failed) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    let last: unknown = new Error(`it has not answered for ${timeout} ms`);
    const end = (settle: () => void): void => {
      isOver = true;
      clearTimeout(timer);
      clearTimeout(question);
      client.off('error', onError);
      settle();
    };
    const failed: Failed = (error, mayPass) => {
      last = error;
      if (!mayPass) end(() => reject(cannotReach(server, error)));
      return !isOver;
    };
    const onError = (error: unknown): void => void failed(error, !isHopeless(error));
    const timer = setTimeout(() => end(() => reject(cannotReach(server, last))), timeout);
    const question = setTimeout(
      () => void whatItDoes(client).then((found) => (last = found ?? last)),
      Math.max(timeout - LAST_QUESTION, timeout / 2),
    );
    client.on('error', onError);
    attempt(() => end(resolve), failed);
  });
}

/** The state of a server that is connected and does not serve commands: it still answers these requests. */
async function whatItDoes(client: RedisClient): Promise<Error | undefined> {
  if ('nodes' in client) {
    if (client.status !== 'ready') return undefined;
    const info = await client.cluster('INFO').catch(() => '');
    return /^cluster_state:fail/m.test(info) ? new Error('CLUSTERDOWN: it is down.') : undefined;
  }
  if (client.status !== 'connect') return undefined;
  const info = await client.info('persistence').catch(() => '');
  return /^loading:1/m.test(info) ? new Error('LOADING: it is still loading its data.') : undefined;
}
