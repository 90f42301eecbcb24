/** Waiting for several futures, of any executors, until enough of them are done. */
import { TimeoutError } from '../errors.ts';
import { onAbort } from '../util/abort-listeners.ts';
import { alarm, deadlineIn } from '../util/deadline.ts';
import { choice } from '../util/option-checks.ts';
import { type OptionTable, resolveOptions } from '../util/option-table.ts';
import { invalidType } from '../util/validate.ts';
import { addWaiter, Future, peek, removeWaiter } from './future.ts';
import { FutureStateCode, isDone } from './future-state.ts';
import { type Waiter, type WaitOptions, waitTable } from './waiter.ts';

/** {@link wait} ends when the first future is done. */
export const FIRST_COMPLETED = 'FIRST_COMPLETED';
/** {@link wait} ends when the first future has failed, or when all are done. A cancelled future has not failed. */
export const FIRST_EXCEPTION = 'FIRST_EXCEPTION';
/** {@link wait} ends when all futures are done. */
export const ALL_COMPLETED = 'ALL_COMPLETED';

/** The moment at which {@link wait} ends. */
export type ReturnWhen = typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION | typeof ALL_COMPLETED;

/** The options of {@link wait}. */
interface WaitForOptions extends WaitOptions {
  /**
   * The moment at which `wait()` resolves.
   *
   * @default ALL_COMPLETED
   */
  readonly returnWhen?: ReturnWhen | undefined;
}

const table = {
  timeout: waitTable.timeout,
  returnWhen: {
    check: choice(FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED),
    default: ALL_COMPLETED,
  },
  signal: waitTable.signal,
} as const satisfies OptionTable<WaitForOptions>;

/** The two halves of what was waited for; also iterable as a pair: `const [done, notDone] = await wait(fs)`. */
export class DoneAndNotDone<F> {
  /** The futures that are done, cancelled ones included. */
  readonly done: Set<F> = new Set();
  /** The futures that are not done. */
  readonly notDone: Set<F> = new Set();

  /** Yields {@link done}, then {@link notDone}. */
  *[Symbol.iterator](): IterableIterator<Set<F>> {
    yield this.done;
    yield this.notDone;
  }
}

/**
 * Waits for several futures, of any executors, and returns a promise of those that are done and those that are not.
 * Does not block.
 *
 * It does not throw the errors of tasks. It does not throw `TimeoutError` either: when `timeout` is over, the promise
 * resolves with the state at that moment. Failures of these futures count as read.
 *
 * @param futures - any iterable of futures. It is read once; duplicates count once.
 * @throws `TypeError` if an item is no future; `TypeError` or `RangeError` if an option is wrong; `signal.reason` if
 *   the signal is aborted. All of them reject the promise.
 * @example
 * ```ts
 * import { FIRST_COMPLETED, Future, wait } from 'concurrent-futures';
 *
 * const [slow, fast] = [new Future<string>(), new Future<string>()];
 * setTimeout(() => fast.setResult('here'), 10);
 * const { done, notDone } = await wait([slow, fast], { returnWhen: FIRST_COMPLETED });
 * console.log(done.has(fast), notDone.has(slow)); // true true
 * ```
 */
export async function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitForOptions = {},
): Promise<DoneAndNotDone<F>> {
  const { timeout, signal, returnWhen } = resolveOptions(options, table);
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
  if (returnWhen === FIRST_EXCEPTION)
    return [...all].some((future) => peek(future) === FutureStateCode.Failed);
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
          (returnWhen === FIRST_EXCEPTION && peek(future) === FutureStateCode.Failed)
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
