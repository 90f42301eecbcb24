/**
 * The future of a call on a cluster: it has an id that is valid beyond this process, and a cancellation takes a
 * moment.
 */
import { Future } from '../future/future.ts';

/** Carries out cancellations. */
export interface Canceller {
  /** Asks for the call to be cancelled, or for the signal of its running task to be aborted. */
  requestCancel(id: string, reason: unknown): void;
  /** Resolves when the outcome of the cancellation is certain: true if the call was cancelled. */
  confirm(id: string): Promise<boolean>;
}

/**
 * The {@link Future} of a call on a cluster. Its state is known by events, a moment late.
 *
 * `resultSync()` and `exceptionSync()` throw a `DeadlockError`.
 */
export class ClusterFuture<T> extends Future<T> {
  /** The id of the call, for `attach(id)` in another process, or after a restart. */
  readonly id: string;
  readonly #canceller: Canceller;

  /** @internal Use `executor.submit()` or `executor.attach()`. */
  constructor(id: string, canceller: Canceller) {
    super();
    this.id = id;
    this.#canceller = canceller;
  }

  /**
   * Asks for the call to be cancelled. Does not block.
   *
   * If the call has not begun, the future is cancelled a moment later. If it has begun, `currentSignal()` of its task
   * is aborted with `reason`, and the task decides about its outcome. {@link cancelConfirmed} finds out which of the
   * two happens.
   *
   * @param reason - becomes the `cause` of the `CancelledError`, and the reason of the task's signal.
   * @returns true if the call is certain never to run, because it had not left this process; false otherwise.
   */
  override cancel(reason?: unknown): boolean {
    if (super.cancel(reason)) return true;
    if (!this.done()) this.#canceller.requestCancel(this.id, reason);
    return false;
  }

  /**
   * Asks for the call to be cancelled, as {@link cancel}, and waits until the result is certain. Does not block.
   *
   * While Redis can't be reached, the promise waits.
   *
   * @param reason - becomes the `cause` of the `CancelledError`, and the reason of the task's signal.
   * @returns a promise of true if the call was cancelled and will never run; of false if it has begun or is done.
   * @example
   * ```ts check
   * import { ClusterExecutor } from 'concurrent-futures/cluster';
   *
   * await using cluster = new ClusterExecutor();
   * const future = cluster.submit(Math.max, 1, 2);
   * if (!(await future.cancelConfirmed('not needed'))) console.log(await future); // 2
   * ```
   */
  cancelConfirmed(reason?: unknown): Promise<boolean> {
    if (this.cancel(reason)) return Promise.resolve(true);
    if (this.done()) return Promise.resolve(false);
    return this.#canceller.confirm(this.id);
  }
}
