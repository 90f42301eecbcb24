/**
 * What BullMQ goes by when a job ends: how often it is tried, and for how long it is kept.
 *
 * It hands this on to scripts in Redis that fail at what they do not expect, and then the job is never over: its lease ends, and
 * it is taken again, for ever. Whoever can write to Redis can write options, so what is no option as submitters write it is
 * taken for none.
 */
import type { BackoffOptions, JobsOptions } from 'bullmq';

/** Seconds for which the outcome of a job is kept that does not say so. */
const USUALLY_KEPT = 3_600;
/** Seconds. As milliseconds still a number that Redis takes. */
const LONGEST_KEPT = 1e12;

export type SoundOptions = JobsOptions & {
  readonly removeOnComplete: { readonly age: number };
  readonly removeOnFail: { readonly age: number };
};

/** @param given - what was parsed from JSON. */
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
