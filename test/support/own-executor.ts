/** An executor like one that a user may write: it defines `submit`, and nothing else. */
import { BrokenExecutor, Executor, Future, type PoolOptions } from 'concurrent-futures';
import type { TestBackend } from './backends.ts';

export class OwnExecutor extends Executor {
  /** The number of calls of `submit`. */
  submitted = 0;
  #free: number;
  readonly #queue: (() => Promise<void>)[] = [];

  constructor({ maxWorkers = 4 }: PoolOptions = {}) {
    super();
    this.#free = maxWorkers;
  }

  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>> {
    const future = new Future<Awaited<R>>();
    this.submitted++;
    this.#queue.push(async () => {
      if (!future.setRunningOrNotifyCancel()) return;
      try {
        future.setResult(await fn(...args));
      } catch (error) {
        future.setException(error);
      }
    });
    void Promise.resolve().then(() => this.#work());
    return future;
  }

  async #work(): Promise<void> {
    if (this.#free === 0) return;
    this.#free--;
    for (let run = this.#queue.shift(); run !== undefined; run = this.#queue.shift()) await run();
    this.#free++;
  }
}

/** It takes no options but `maxWorkers`; `shutdown` is inherited, and does nothing. */
export const ownBackend: TestBackend = {
  name: 'own',
  executorClass: OwnExecutor,
  isolated: false,
  brokenClass: BrokenExecutor,
  make: (options) => new OwnExecutor(options),
};
