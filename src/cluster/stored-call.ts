/** Reads calls from Redis that another program has submitted, or that were submitted twice. */
import { checkCall, type Parcel } from './call-format.ts';
import type { ClusterCall } from './cluster-call.ts';
import type { RedisConnection } from './redis-connection.ts';
import { parsed } from './record-text.ts';
import type { Signer } from './signature.ts';

/** The parcel with its arguments, if they are not in its record. Never rejects. */
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

/** @param data - the field of a job's record. Undefined if it is not a call. */
export function argumentsOf(data: string | null | undefined): Parcel | undefined {
  if (!data) return undefined;
  try {
    return checkCall(parsed(data)).parcel;
  } catch {
    return undefined;
  }
}

/** Reads the signature of the call, if the writer of the call had the secret. Never rejects. */
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
    // Without it, no record about the call is accepted.
  }
}
