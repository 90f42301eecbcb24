/** Waiting for several futures, of any executors, until enough of them are done. */
import { TimeoutError } from '../errors.ts';
import { onAbort } from '../util/abort-listeners.ts';
import { alarm, deadlineIn } from '../util/deadline.ts';
import {
  checkOneOf,
  checkSignal,
  checkTimeout,
  invalidType,
  readOptions,
} from '../util/validate.ts';
import { addWaiter, Future, peek, removeWaiter } from './future.ts';
import { FAILED, isDone } from './future-state.ts';
import type { Waiter, WaitOptions } from './waiter.ts';

export const FIRST_COMPLETED = 'FIRST_COMPLETED';
export const FIRST_EXCEPTION = 'FIRST_EXCEPTION';
export const ALL_COMPLETED = 'ALL_COMPLETED';

/** When {@link wait} returns: at the first future done, the first that raised, or when all are done. */
export type ReturnWhen = typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION | typeof ALL_COMPLETED;

/** The two halves of what was waited for; also iterable as a pair: `const [done, notDone] = await wait(fs)`. */
export class DoneAndNotDone<F> {
  readonly done: Set<F> = new Set();
  readonly notDone: Set<F> = new Set();

  *[Symbol.iterator](): IterableIterator<Set<F>> {
    yield this.done;
    yield this.notDone;
  }
}

/**
 * Waits for futures. Does not block, consumes no outcome, and raises no task's error.
 *
 * With `FIRST_EXCEPTION` a cancelled future counts as done and not as an exception. When the time is
 * over it returns the halves as they are at that moment; it never throws `TimeoutError`.
 *
 * @param futures - any iterable of futures, read once; duplicates count once.
 * @param options - `timeout` in milliseconds (0 polls, default: no limit), `returnWhen` (default
 *   `ALL_COMPLETED`), `signal`: ends the waiting with `signal.reason`.
 * @example `const { done } = await wait(futures, { returnWhen: FIRST_COMPLETED })`
 */
export async function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions & { readonly returnWhen?: ReturnWhen | undefined } = {},
): Promise<DoneAndNotDone<F>> {
  const {
    timeout,
    signal,
    returnWhen = ALL_COMPLETED,
  } = readOptions('options', options, ['timeout', 'returnWhen', 'signal']);
  checkOneOf('returnWhen', returnWhen, [FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED]);
  checkTimeout('timeout', timeout);
  checkSignal('signal', signal);
  const all = distinctFutures(futures);
  signal?.throwIfAborted();

  const pending = [...all].filter((future) => !isDone(peek(future)));
  if (timeout !== 0 && !isEnough(all, pending.length, returnWhen)) {
    await untilEnough(pending, deadlineIn(timeout), returnWhen, signal);
  }
  const halves = new DoneAndNotDone<F>();
  for (const future of all) (isDone(peek(future)) ? halves.done : halves.notDone).add(future);
  return halves;
}

function isEnough(all: Set<Future<unknown>>, pending: number, returnWhen: ReturnWhen): boolean {
  if (pending === 0) return true;
  if (returnWhen === FIRST_COMPLETED) return pending < all.size;
  if (returnWhen === FIRST_EXCEPTION) return [...all].some((future) => peek(future) === FAILED);
  return false;
}

function untilEnough(
  pending: readonly Future<unknown>[],
  deadline: ReturnType<typeof deadlineIn>,
  returnWhen: ReturnWhen,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = pending.length;
    const waiter: Waiter = {
      futureDone(future) {
        left--;
        if (
          left === 0 ||
          returnWhen === FIRST_COMPLETED ||
          (returnWhen === FIRST_EXCEPTION && peek(future) === FAILED)
        ) {
          end(resolve);
        }
      },
    };
    const end = (settle: () => void): void => {
      stopAlarm();
      stopListening();
      for (const future of pending) removeWaiter(future, waiter);
      settle();
    };
    const stopAlarm = alarm(deadline, () => end(resolve));
    const stopListening = onAbort(signal, () => end(() => reject(signal?.reason as Error)));
    for (const future of pending) addWaiter(future, waiter);
  });
}

/** Reads an iterable of futures once. @throws TypeError naming the first item that is not a future. */
export function distinctFutures<F extends Future<unknown>>(futures: Iterable<F>): Set<F> {
  if (typeof (futures as Partial<Iterable<F>> | null)?.[Symbol.iterator] !== 'function') {
    throw invalidType('futures', 'an iterable of futures', futures);
  }
  const distinct = new Set<F>();
  let index = 0;
  for (const future of futures) {
    if (!(future instanceof Future)) {
      throw invalidType(
        `futures[${index}]`,
        'a Future, as submit() returns it (not a promise, not its result)',
        future,
      );
    }
    distinct.add(future);
    index++;
  }
  return distinct;
}

export function unfinished(left: number, all: number): TimeoutError {
  return new TimeoutError(`${left} (of ${all}) futures unfinished`);
}
