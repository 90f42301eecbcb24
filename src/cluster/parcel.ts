/**
 * Stores values that are too large for the record of a job in keys of their own, once, as bytes. Job, return value
 * and event contain the key, the length and the hash of the value. Only programs that need the value fetch it.
 *
 *     arguments   <prefix>:value:<job>:<nonce>   from before the job is added until it is over, or too old to be run
 *     outcomes    <prefix>:value:<job>:<nonce>   as long as the job's record is kept
 *
 * A key is written once. A job that is submitted twice under one id, or run twice because a lease was lost, has two
 * keys. The hash binds the bytes to the record, so a signature of the record also covers the value.
 */
import { createHash, randomBytes } from 'node:crypto';
import { BrokenCluster } from '../errors.ts';
import { LARGEST_PAYLOAD, type Parcel } from './call-format.ts';
import { isOtherKind, type RedisClient } from './connection.ts';
import type { QueueNames } from './queue-names.ts';

/** A value that is stored in a key of its own. */
export interface Packet {
  readonly parcel: Parcel;
  readonly blob: Uint8Array;
}

/** Bytes of a blob that `maxPayload` does not count. */
const HEADER = 4;

/** @param id - the id of the job to which the value belongs. */
export function packet(id: string, blob: Uint8Array): Packet {
  const key = `${id}:${randomBytes(9).toString('base64url')}`;
  return { parcel: { key, size: blob.length, sha256: hashOf(blob) }, blob };
}

/** True if the value belongs to that job: a record must not lead to reading or deleting the value of another job. */
function isOf(id: string, { key }: Parcel): boolean {
  return key.startsWith(`${id}:`);
}

/** @param ttl - milliseconds. */
export async function putParcel(
  client: RedisClient,
  names: QueueNames,
  { parcel, blob }: Packet,
  ttl: number,
): Promise<void> {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.length);
  await client.set(names.value(parcel.key), bytes, 'PX', Math.ceil(ttl));
}

/**
 * The bytes, in memory of their own. Undefined if they do not exist any more.
 *
 * @param id - the id of the job whose record refers to them.
 * @throws BrokenCluster (`ERR_FORMAT`) if they do not match the record.
 */
export async function fetchParcel(
  client: RedisClient,
  names: QueueNames,
  id: string,
  parcel: Parcel,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { key, size, sha256 } = parcel;
  const name = names.value(key);
  const isMeant = isOf(id, parcel) && size <= LARGEST_PAYLOAD + HEADER;
  try {
    // The length is checked first, so that nothing else is transferred.
    const length = isMeant ? await client.strlen(name) : -1;
    if (length === 0 && size > 0) return undefined;
    const found = length === size ? await client.getBuffer(name) : undefined;
    if (found === null) return undefined;
    if (found?.length === size && hashOf(found) === sha256) return new Uint8Array(found);
  } catch (error) {
    if (!isOtherKind(error)) throw error;
  }
  throw new BrokenCluster(
    `The value in the key ${name} of Redis is not the one that was put there.`,
    { code: 'ERR_FORMAT' },
  );
}

/** Deletes a value that is no longer needed. Never rejects: a value that is not deleted expires. */
export function dropParcel(
  client: RedisClient,
  names: QueueNames,
  id: string,
  parcel: Parcel | undefined,
): Promise<void> {
  return dropParcels(client, names, [id], [parcel]);
}

/** Like {@link dropParcel}, for many jobs. */
export async function dropParcels(
  client: RedisClient,
  names: QueueNames,
  ids: readonly string[],
  parcels: readonly (Parcel | undefined)[],
): Promise<void> {
  const keys = ids.flatMap((id, i) => {
    const parcel = parcels[i];
    return parcel === undefined || !isOf(id, parcel) ? [] : [names.value(parcel.key)];
  });
  if (keys.length > 0) await client.unlink(...keys).catch(() => {});
}

function hashOf(blob: Uint8Array): string {
  return createHash('sha256').update(blob).digest('base64url');
}
