/** Settings for a whole queue: written by submitters, read by hosts that have no settings of their own. */
import { warn } from '../events/warnings.ts';
import { reason } from '../util/validate.ts';
import { checkLease } from './cluster-options.ts';
import { isFull, isOtherKind, type RedisClient } from './connection.ts';
import type { QueueNames } from './queue-names.ts';
import type { Signer } from './signature.ts';

export async function writeSettings(
  client: RedisClient,
  { settings }: QueueNames,
  signer: Signer,
  lease: number,
): Promise<void> {
  const { sig } = signer.signed('settings', [], { lease });
  try {
    await client.hset(settings, { lease, ...(sig === undefined ? {} : { sig }) });
  } catch (error) {
    // Each refused call fails with this error anyway; other calls need not fail because of the settings.
    if (!isFull(error)) throw error;
    warn('CF_CLUSTER_MEMORY', `Redis is full, and has not taken the lease of the queue: ${lease}.`);
  }
}

/** @returns the settings, or the problem if they can't be used. */
export async function readSettings(
  client: RedisClient,
  { settings }: QueueNames,
  signer: Signer,
): Promise<{ readonly lease?: number; readonly problem?: string }> {
  const found = await client.hmget(settings, 'lease', 'sig').catch((error: unknown) => {
    if (isOtherKind(error)) return undefined;
    throw error;
  });
  if (found === undefined) return { problem: `the key ${settings} of Redis holds something else` };
  const [text, sig] = found;
  if (typeof text !== 'string') return {};
  const lease = Number(text);
  try {
    checkLease('lease', lease);
    signer.checked('settings', [], { lease, ...(typeof sig === 'string' ? { sig } : {}) });
    return { lease };
  } catch (error) {
    return { problem: reason(error) };
  }
}
