/** The future of a call on a cluster: it has an id that outlives this process, and takes a moment to cancel. */
import { Future } from '../future/future.ts';

/** What carries out a cancellation. */
export interface Canceller {
  /** Has the call cancelled, or the task that runs told, if it is not over before. */
  requestCancel(id: string, reason: unknown): void;
  confirm(id: string): Promise<boolean>;
}

export class ClusterFuture<T> extends Future<T> {
  /** The call's id, for `attach(id)` in another process, or after a restart. */
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
   * @returns true: it is cancelled for certain, because it had not left this process yet. false: only Redis
   *   knows whether it has begun, and has been asked. If it has not, the future is cancelled in a moment; if it
   *   has, the task's `currentSignal()` is aborted with `reason`, and its outcome is its own.
   * @see {@link cancelConfirmed}, which tells
   */
  override cancel(reason?: unknown): boolean {
    if (super.cancel(reason)) return true;
    if (!this.done()) this.#canceller.requestCancel(this.id, reason);
    return false;
  }

  /**
   * As {@link cancel}, and waits until it is certain what came of it.
   *
   * @returns true: it was cancelled, and will never run. false: it has begun, or is over. While Redis can't be
   *   reached that can't be found out, and the promise waits.
   * @example `if (!(await future.cancelConfirmed())) console.log('too late')`
   */
  cancelConfirmed(reason?: unknown): Promise<boolean> {
    if (this.cancel(reason)) return Promise.resolve(true);
    if (this.done()) return Promise.resolve(false);
    return this.#canceller.confirm(this.id);
  }
}
