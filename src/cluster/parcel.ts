/**
 * Values that are too large for the record of a job live in keys of their own, once, as bytes. Job, return value and event
 * say which key, how long the value is and what its hash is; who needs it fetches it, and nobody else is sent it.
 *
 *     arguments   <prefix>:value:<job>:<nonce>   from before the job is added until it is over, or too old to be run
 *     outcomes    <prefix>:value:<job>:<nonce>   as long as the job's record is kept
 *
 * A key is written once: a job that is submitted twice under one id, or run twice because a lease was lost, has two. The
 * hash binds the bytes to the record, so that a signature of the record is one of the value as well.
 */
import { createHash, randomBytes } from 'node:crypto';
import { BrokenCluster } from '../errors.ts';
import { LARGEST_PAYLOAD, type Parcel } from './call-format.ts';
import { isOtherKind, type RedisClient } from './connection.ts';
import type { QueueNames } from './queue-names.ts';

/** A value on its way into a key of its own. */
export interface Packet {
  readonly parcel: Parcel;
  readonly blob: Uint8Array;
}

/** What a blob may have besides the bytes that `maxPayload` counts. */
const HEADER = 4;

/** @param id - of the job that the value belongs to. */
export function packet(id: string, blob: Uint8Array): Packet {
  const key = `${id}:${randomBytes(9).toString('base64url')}`;
  return { parcel: { key, size: blob.length, sha256: hashOf(blob) }, blob };
}

/** Whether it is the value of that job: nobody is to read, or drop, what is another's. */
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
 * The bytes, which are nobody else's. Undefined: they are not there any more.
 *
 * @param id - of the job whose record says so.
 * @throws BrokenCluster (`ERR_FORMAT`) if they are not what the record says.
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
    // Asked for first: nobody is to be sent what is not meant.
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

/** Nobody needs it any more. Never rejects: what is not dropped now expires. */
export function dropParcel(
  client: RedisClient,
  names: QueueNames,
  id: string,
  parcel: Parcel | undefined,
): Promise<void> {
  return dropParcels(client, names, [id], [parcel]);
}

/** As {@link dropParcel}, for many jobs. */
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
