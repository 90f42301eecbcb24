/**
 * Workers without a thread or a process: each runs one task at a time in the caller's own event loop.
 *
 *     send -> #queue -> (a microtask) -> a worker is idle: begin -> the task settles -> next
 *
 * A task never runs inside `submit`. Synchronous tasks get about a millisecond of each turn of the
 * event loop together, so a long queue of them does not stop timers and sockets.
 *
 * A task that submits to its own executor and waits for the outcome would wait for ever once every
 * worker is busy with such a task. So a call that a task submits does not need a worker.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { inspect } from 'node:util';
import { betweenThreads } from '../codec/channel.ts';
import { isTransferred } from '../codec/transfer.ts';
import { DeadlockError, ExecutorError } from '../errors.ts';
import type { Backend, CallOutcome, WorkerHandle } from '../executor/backend.ts';
import type { Executor } from '../executor/executor.ts';
import type { Pool } from '../executor/pool.ts';
import type { PoolWorker } from '../executor/pool-worker.ts';
import type { CallController } from '../future/call-controller.ts';
import {
  controlFuture,
  failFuture,
  finishFuture,
  type Future,
  setCallHandle,
  taskOf,
} from '../future/future.ts';
import { Deque } from '../util/deque.ts';
import { isThenable } from '../util/thenable.ts';
import { InlineWorkerMachine, InlineWorkerState } from './inline-worker-state.ts';

type AnyFunction = (...args: unknown[]) => unknown;

interface InlineCall {
  readonly fn: AnyFunction;
  readonly args: unknown[];
  /** Calls a function in the async context of the `submit`. */
  readonly inContext: <R>(fn: () => R) => R;
}

/** A task, for the code that runs as part of it: of which executor, and whether it still runs. */
interface RunningTask {
  readonly backend: InlineBackend;
  active: boolean;
}

/** Milliseconds for which synchronous tasks may follow one another. */
const SLICE = 1;

/** Call handles: the call waits; it runs, or has run, on the worker with this index. */
const WAITING = -1;
/** The worker of a call that needs none, because it was submitted from inside a task. */
const NESTED = -2;

const resolved = Promise.resolve();

/** Whose task the current code belongs to, across awaits. */
const tasks = new AsyncLocalStorage<RunningTask>();

export class InlineBackend implements Backend, CallController {
  /** Nothing travels here; there is no other side. */
  readonly channel = betweenThreads;
  readonly mostWorkers = Infinity;
  readonly #pool: Pool;
  readonly #queue = new Deque<Future<unknown>>();
  readonly #calls = new Map<Future<unknown>, InlineCall>();
  /** The workers of the pool and their states. A worker that has ended is never used again. */
  readonly #workers = new Map<PoolWorker, InlineWorkerMachine>();
  #scheduled = false;

  /** What `currentExecutor()` says in a task of this one. */
  readonly executor: Executor;

  constructor(pool: Pool, executor: Executor) {
    this.#pool = pool;
    this.executor = executor;
  }

  /** Whether the current code belongs to a task of this executor, across awaits. */
  isInsideTask(): boolean {
    const task = tasks.getStore();
    return task?.active === true && task.backend === this;
  }

  send(fn: AnyFunction, args: unknown[]): Future<unknown> {
    const future = controlFuture(this, WAITING, fn.name);
    this.#calls.set(future, { fn, args, inContext: AsyncLocalStorage.snapshot() });
    this.#pool.entering();
    this.#pool.entered();
    if (this.isInsideTask()) void resolved.then(() => this.#begin(future, undefined));
    else {
      this.#queue.push(future);
      this.#schedule();
    }
    return future;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    void resolved.then(() => this.#fillWorkers());
  }

  /** `#scheduled` stays set until the end, so that what ends meanwhile does not schedule another pass. */
  #fillWorkers(): void {
    const began = performance.now();
    for (const [worker, machine] of this.#workers) {
      while (machine.is(InlineWorkerState.Idle)) {
        const future = this.#queue.shift();
        if (future === undefined) break;
        this.#begin(future, worker);
        if (performance.now() - began > SLICE) {
          setImmediate(() => this.#fillWorkers());
          return;
        }
      }
    }
    this.#scheduled = false;
  }

  /** Does nothing if the call was withdrawn meanwhile. */
  #begin(future: Future<unknown>, worker: PoolWorker | undefined): void {
    const call = this.#calls.get(future);
    if (call === undefined) return;
    this.#calls.delete(future);
    setCallHandle(future, worker?.index ?? NESTED);
    if (worker !== undefined) this.#workers.get(worker)?.begin();
    const task: RunningTask = { backend: this, active: true };
    const end = (how: CallOutcome, outcome: unknown): void => {
      task.active = false;
      this.#end(future, worker, how, outcome);
    };
    let result: unknown;
    try {
      const { fn, args, inContext } = call;
      result = inContext(() => tasks.run(task, () => fn(...args)));
      if (isThenable(result)) {
        void settle(result, end);
        return;
      }
    } catch (error) {
      end('failed', error);
      return;
    }
    end('completed', result);
  }

  #end(
    future: Future<unknown>,
    worker: PoolWorker | undefined,
    how: CallOutcome,
    outcome: unknown,
  ): void {
    if (worker !== undefined) this.#workers.get(worker)?.finish();
    this.#pool.left(how);
    if (how === 'failed') failFuture(future, outcome);
    else finishFuture(future, isTransferred(outcome) ? outcome.value : outcome);
    if (this.#queue.length > 0) this.#schedule();
  }

  // CallController

  withdraw(future: Future<unknown>, _handle: number, as: CallOutcome = 'cancelled'): boolean {
    if (!this.#calls.delete(future)) return false;
    this.#pool.left(as);
    return true;
  }

  begun(handle: number): boolean {
    return handle !== WAITING;
  }

  block(future: Future<unknown>): void {
    throw new DeadlockError(
      `Blocking on ${inspect(future)} could never end: an InlineExecutor runs its tasks in this very thread. Await it instead.`,
    );
  }

  workerName(handle: number): string | undefined {
    return handle >= 0 ? `${this.#pool.settings.threadNamePrefix}_${handle}` : undefined;
  }

  // Backend

  start(worker: PoolWorker): WorkerHandle {
    const machine = new InlineWorkerMachine();
    this.#workers.set(worker, machine);
    void resolved.then(() => this.#prepare(worker, machine));
    const close = (): void => {
      machine.close();
      void resolved.then(() => this.#remove(worker));
    };
    return {
      close,
      terminate: close,
      post: () => {},
      futureOf: () => undefined,
      isIdle: () => machine.is(InlineWorkerState.Idle),
      isRunning: () => false,
      setWaiting: () => {},
      lastWords: undefined,
    };
  }

  /** Tasks submit to the executor itself, in whose thread they run. */
  submit(): never {
    throw new ExecutorError('An InlineExecutor has no workers that could send it calls.');
  }

  async #prepare(worker: PoolWorker, machine: InlineWorkerMachine): Promise<void> {
    const { initializer } = this.#pool.settings;
    const message = (kind: 'initializing' | 'ready'): void => worker.receive({ kind }, () => {});
    try {
      if (initializer !== undefined) {
        message('initializing');
        await initializer.fn(...(initializer.args as never[]));
      }
    } catch (error) {
      this.#pool.startFailed(worker, error);
      this.#remove(worker);
      return;
    }
    if (!machine.ready()) return;
    message('ready');
    this.#schedule();
  }

  #remove(worker: PoolWorker): void {
    if (this.#workers.delete(worker)) worker.exited({ exitCode: 0 }, false);
  }

  cancelPending(): void {
    for (const future of this.#calls.keys()) future.cancel();
  }

  failPending(error: (task: string | undefined) => Error): void {
    for (const future of this.#calls.keys()) {
      if (this.withdraw(future, WAITING, 'failed')) failFuture(future, error(taskOf(future)));
    }
  }

  recover(): () => void {
    // A worker ends only when it has nothing to do, so there is nothing to save.
    return () => {};
  }

  catchUp(): void {
    // Outcomes need no way here.
  }

  pendingCalls(): number {
    return this.#calls.size;
  }

  end(): void {
    // There is nothing to give back.
  }
}

/** The executor that the current code is a task of. */
export function inlineExecutorOfTask(): Executor | undefined {
  const task = tasks.getStore();
  return task?.active === true ? task.backend.executor : undefined;
}

/** Awaited by the language, which believes a promise once, as in workers. */
async function settle(
  result: PromiseLike<unknown>,
  end: (how: CallOutcome, outcome: unknown) => void,
): Promise<void> {
  let value: unknown;
  try {
    value = await result;
  } catch (error) {
    end('failed', error);
    return;
  }
  end('completed', value);
}
