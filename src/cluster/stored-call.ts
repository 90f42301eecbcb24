/** A call as it is in Redis, for those who have not written it themselves: it was submitted by another program, or twice. */
import { checkCall, type Parcel } from './call-format.ts';
import type { ClusterCall } from './cluster-call.ts';
import type { RedisConnection } from './redis-connection.ts';
import { parsed } from './record-text.ts';
import type { Signer } from './signature.ts';

/** Where its arguments are, if not in its record. Never rejects. */
export async function storedArguments(
  redis: RedisConnection,
  id: string,
): Promise<Parcel | undefined> {
  try {
    return argumentsOf(await redis.commands.hget(redis.queue.toKey(id), 'data'));
  } catch {
    return undefined;
  }
}

/** @param data - the field of a job's record. What is no call has none. */
export function argumentsOf(data: string | null | undefined): Parcel | undefined {
  if (!data) return undefined;
  try {
    return checkCall(parsed(data)).parcel;
  } catch {
    return undefined;
  }
}

/** Finds out the signature that the call has, if it was written by somebody who has the secret. Never rejects. */
export async function learnSignature(
  redis: RedisConnection,
  signer: Signer,
  call: ClusterCall,
): Promise<void> {
  try {
    const key = redis.queue.toKey(call.id);
    const [name, data] = await redis.commands.hmget(key, 'name', 'data');
    const record = checkCall(parsed(data ?? ''));
    signer.checked('call', [call.id, name], record);
    call.signature = record.sig;
  } catch {
    // Then nothing that is said of it can be believed, either.
  }
}
