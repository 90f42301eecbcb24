/** Reads the outcome of a job as the outcome of its call. */
import { BrokenCluster, ExecutorError } from '../errors.ts';
import type { ItemOutcome } from '../executor/chunk.ts';
import { describeValue } from '../util/validate.ts';
import { checkOutcome, FORMAT, type OutcomeData, type Parcel } from './call-format.ts';
import { readFailure } from './failure-text.ts';
import type { Signer } from './signature.ts';
import { type TaskOrigin, readThrown, type ThrownData, withOrigin } from './thrown.ts';
import { fromWire, isDenseList } from './wire-value.ts';

export type JobOutcome =
  | { readonly how: 'completed'; readonly value: unknown }
  | { readonly how: 'failed'; readonly error: unknown }
  | { readonly how: 'cancelled' }
  /** BullMQ has given up the job. */
  | { readonly how: 'lost'; readonly text: string };

/** The return value of a job, or the reason why it has failed. */
export type Told = { readonly value: unknown } | { readonly reason: string };

/** The outcome of a job, whose writer was checked and whose value has not been read yet. */
export type Checked =
  | { readonly how: 'completed'; readonly data: Omit<OutcomeData, 'sig'> }
  | { readonly how: 'failed'; readonly thrown: ThrownData }
  | { readonly how: 'cancelled' }
  | { readonly how: 'lost'; readonly text: string };

/**
 * @param signer - accepts only signed records, if there is a secret.
 * @param about - the call: its id and its signature.
 * @throws BrokenCluster if it has another format (`ERR_FORMAT`), or an invalid signature (`ERR_SIGNATURE`).
 */
export function checkTold(told: Told, signer: Signer, about: readonly unknown[]): Checked {
  if ('value' in told) {
    const cf = (told.value as Partial<OutcomeData> | null | undefined)?.cf;
    if (cf !== FORMAT) {
      throw new BrokenCluster(
        `The outcome of the call is in format ${cf === undefined ? 'unknown' : describeValue(cf)}, and this program reads format ${FORMAT}. Run the same release of concurrent-futures on hosts and here.`,
        { code: 'ERR_FORMAT' },
      );
    }
    return {
      how: 'completed',
      data: signer.checked('outcome', about, checkOutcome(told.value)),
    };
  }
  const record = readFailure(told.reason);
  if (record === undefined) {
    // The writer is BullMQ, or somebody without the secret.
    if (signer.isOn) signer.checked('failure', about, {});
    return { how: 'lost', text: told.reason };
  }
  const { failure } = signer.checked('failure', about, record);
  return failure.kind === 'cancelled' ? { how: 'cancelled' } : { how: 'failed', thrown: failure };
}

/** The parcel with the value, if the value is not in the record. */
export function parcelOf(checked: Checked): Parcel | undefined {
  if (checked.how === 'completed') return checked.data.parcel;
  return checked.how === 'failed' ? checked.thrown.thrown.parcel : undefined;
}

/**
 * @param blob - the fetched bytes, if the value is not in the record.
 * @param items - the number of items, if the call is a chunk and the number is known.
 * @throws BrokenCluster (`ERR_FORMAT`) if it is not a value, or not one of such a call.
 */
export function readJobOutcome(checked: Checked, blob?: Uint8Array, items?: number): JobOutcome {
  if (checked.how === 'failed') return { how: 'failed', error: readThrown(checked.thrown, blob) };
  if (checked.how !== 'completed') return checked;
  const { chunk, ...wire } = checked.data;
  const value = fromWire(wire, undefined, blob);
  if (chunk === undefined && items === undefined) return { how: 'completed', value };
  if (chunk === undefined) throw noOutcomes();
  const outcomes = readItems(value, chunk);
  if (items !== undefined && outcomes.length !== items) throw noOutcomes();
  return { how: 'completed', value: outcomes };
}

/**
 * The outcomes of a chunk's items.
 *
 * @throws BrokenCluster (`ERR_FORMAT`) if it is not a list of outcomes.
 */
function readItems(given: unknown, where: TaskOrigin): ItemOutcome[] {
  if (!isDenseList(given) || !given.every(isOutcome)) throw noOutcomes();
  const known = new Set<unknown>();
  return given.map((item) => (item[0] ? item : [false, withOrigin(item[1], where, known)]));
}

function noOutcomes(): BrokenCluster {
  return new BrokenCluster('The outcomes of a chunk are no list of one outcome for each item.', {
    code: 'ERR_FORMAT',
  });
}

function isOutcome(item: unknown): item is ItemOutcome {
  return Array.isArray(item) && item.length === 2 && typeof item[0] === 'boolean';
}

/** The error for a job that has ended without an outcome from a host. */
export function hostLost(text: string): BrokenCluster {
  return new BrokenCluster(`The call was given up: ${text}`, { code: 'ERR_WORKER_DIED' });
}

export function unknownCall(id: string): ExecutorError {
  return new ExecutorError(
    `Redis has no call ${id}: it was never submitted, or its outcome has expired (resultTtl), or it was removed, or Redis has lost it (when a replica took over, or power failed).`,
    { code: 'ERR_UNKNOWN_CALL' },
  );
}
