/** What a job's end means for its call. */
import type { ErrorEnvelope } from '../codec/error-envelope.ts';
import { BrokenCluster, ExecutorError } from '../errors.ts';
import { unpackOutcome } from '../executor/outcome.ts';
import { FORMAT, type OutcomeData } from './call-format.ts';
import { readFailure } from './failure-text.ts';
import { fromWire } from './wire-value.ts';

export type Outcome =
  | { readonly how: 'completed'; readonly value: unknown }
  | { readonly how: 'failed'; readonly envelope: ErrorEnvelope }
  | { readonly how: 'failed'; readonly error: unknown }
  | { readonly how: 'cancelled' }
  /** BullMQ has given it up. */
  | { readonly how: 'lost'; readonly text: string };

/** @param told - what the job has returned, or why it has failed. @throws BrokenCluster if it is of another format. */
export function readOutcome(told: { value: unknown } | { reason: string }): Outcome {
  if ('value' in told) {
    const { cf, chunk, ...value } = (told.value ?? {}) as Partial<OutcomeData>;
    if (cf === FORMAT) {
      return { how: 'completed', value: unpackOutcome(fromWire(value), false, Boolean(chunk)) };
    }
    throw new BrokenCluster(
      `The outcome of the call is in format ${cf ?? 'unknown'}, and this program reads format ${FORMAT}. Run the same release of concurrent-futures on hosts and here.`,
      { code: 'ERR_FORMAT' },
    );
  }
  const failure = readFailure(told.reason);
  if (failure === undefined) return { how: 'lost', text: told.reason };
  if (failure.kind === 'cancelled') return { how: 'cancelled' };
  return { how: 'failed', envelope: failure.error };
}

/** The job has ended without a word from a host of ours. */
export function hostLost(text: string): BrokenCluster {
  return new BrokenCluster(`The call was given up: ${text}`, { code: 'ERR_WORKER_DIED' });
}

export function unknownCall(id: string): ExecutorError {
  return new ExecutorError(
    `Redis knows no call ${id}: it was never submitted, or its outcome has expired (resultTtl), or somebody has removed it.`,
    { code: 'ERR_UNKNOWN_CALL' },
  );
}
