/**
 * The options that BullMQ uses at the end of a job: its number of tries, and the time for which it is kept.
 *
 * BullMQ passes them to scripts in Redis that fail on unexpected values. Then the job never ends: its lease expires,
 * and it is taken again, for ever. Any program with access to Redis can write options, so an option that no submitter
 * writes in this form is ignored.
 */
import type { BackoffOptions, JobsOptions } from 'bullmq';

/** Seconds for which the outcome of a job is kept if the job does not specify it. */
const USUALLY_KEPT = 3_600;
/** Seconds. In milliseconds still a number that Redis takes. */
const LONGEST_KEPT = 1e12;

export type SoundOptions = JobsOptions & {
  readonly removeOnComplete: { readonly age: number };
  readonly removeOnFail: { readonly age: number };
};

/** @param given - a value parsed from JSON. */
export function soundOptions(given: unknown): SoundOptions {
  const { attempts, backoff, removeOnComplete, removeOnFail } = fieldsOf(given);
  const sound = soundBackoff(backoff);
  return {
    removeOnComplete: { age: soundAge(removeOnComplete) },
    removeOnFail: { age: soundAge(removeOnFail) },
    ...(Number.isSafeInteger(attempts) ? { attempts: attempts as number } : {}),
    ...(sound === undefined ? {} : { backoff: sound }),
  };
}

function soundAge(keep: unknown): number {
  const { age } = fieldsOf(keep);
  return isAmount(age) ? Math.min(age, LONGEST_KEPT) : USUALLY_KEPT;
}

function soundBackoff(backoff: unknown): BackoffOptions | undefined {
  const { type, delay } = fieldsOf(backoff);
  const isKnown = type === 'fixed' || type === 'exponential';
  return isKnown && isAmount(delay) ? { type, delay } : undefined;
}

function isAmount(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
