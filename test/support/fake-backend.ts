/**
 * A backend with no workers at all: it does what a test tells it to, when it is told, and keeps a log
 * of what the pool asked for.
 */
import { betweenThreads } from '#dist/codec/channel.js';
import { BrokenThreadPool } from '#dist/errors.js';
import type { CallController } from '#dist/future/call-controller.js';
import { controlFuture, type Future } from '#dist/future/future.js';
import type { Backend, DeathError, WorkerHandle } from '#dist/executor/backend.js';
import { Pool } from '#dist/executor/pool.js';
import { resolvePoolOptions, type PoolOptions } from '#dist/executor/pool-options.js';
import type { PoolWorker } from '#dist/executor/pool-worker.js';
import type { FromWorker } from '#dist/protocol/messages.js';

export type CallEnd = 'completed' | 'failed' | 'cancelled';

export class FakeBackend implements Backend {
  readonly channel = betweenThreads;
  mostWorkers = Infinity;
  /** What the pool asked for, in order: `spawn 0 test_0`, `close 0`, `terminate 0`, … */
  readonly log: string[] = [];
  /** Errors with which calls have failed. */
  readonly failures: Error[] = [];
  readonly idle = new Set<number>();
  pending = 0;
  /** How often the pool has said that it is over. */
  ended = 0;
  /** How many calls each worker is busy with. */
  readonly running = new Map<number, number>();
  /** What tasks have submitted to the pool that runs them. */
  readonly nested: Future<unknown>[] = [];
  /** Makes `start` throw. */
  startError: Error | undefined = undefined;
  /** Every worker that was started, the last one with an index in front. */
  readonly workers: PoolWorker[] = [];
  /** The workers that have begun them. */
  readonly runners = new Map<number, string>();
  readonly #pool: Pool;
  readonly #driver: CallController = {
    withdraw: () => true,
    begun: (handle) => this.runners.has(handle),
    block: () => {},
    workerName: (handle) => this.runners.get(handle),
  };

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** What an executor's `submit` does. */
  call(): void {
    this.#pool.admit();
    this.#pool.entering();
    this.pending++;
    this.#pool.entered();
  }

  begin(index: number): void {
    this.pending--;
    this.idle.delete(index);
    this.running.set(index, (this.running.get(index) ?? 0) + 1);
  }

  finish(index: number, how: CallEnd = 'completed'): void {
    this.running.set(index, (this.running.get(index) ?? 0) - 1);
    this.idle.add(index);
    this.#pool.left(how);
  }

  /** A worker says something. */
  tell(index: number, message: FromWorker, answer: (yes: boolean) => void = () => {}): void {
    this.#worker(index)?.receive(message, answer);
  }

  ready(index: number): void {
    this.tell(index, { kind: 'ready' });
  }

  startFailed(index: number, error: unknown): void {
    const worker = this.#worker(index);
    if (worker !== undefined) this.#pool.startFailed(worker, error);
  }

  /** A worker ends, asked to or not. */
  exit(
    index: number,
    exitCode: number | undefined = 0,
    {
      cause,
      retired = false,
      signal,
    }: { cause?: unknown; retired?: boolean; signal?: string } = {},
  ): void {
    this.idle.delete(index);
    const worker = this.#worker(index);
    if (cause !== undefined) worker?.recordCause(cause);
    const death = signal === undefined ? { exitCode } : { signal };
    worker?.exited(death, retired);
  }

  #worker(index: number): PoolWorker | undefined {
    return this.workers.find((worker) => worker.index === index);
  }

  start(worker: PoolWorker): WorkerHandle {
    const { index, name } = worker;
    this.log.push(`spawn ${index} ${name}`);
    if (this.startError !== undefined) throw this.startError;
    this.workers.unshift(worker);
    return {
      close: () => void this.log.push(`close ${index}`),
      terminate: () => void this.log.push(`terminate ${index}`),
      post: ({ kind }) => void this.log.push(`post ${index} ${kind}`),
      futureOf: () => undefined,
      isIdle: () => this.idle.has(index),
      isRunning: () => (this.running.get(index) ?? 0) > 0,
      setWaiting: () => {},
      lastWords: undefined,
    };
  }

  submit(): Future<unknown> {
    const number = this.nested.length;
    const future: Future<unknown> = controlFuture(this.#driver, number, 'inner');
    this.nested.push(future);
    return future;
  }

  cancelPending(): void {
    this.log.push('cancelPending');
    for (; this.pending > 0; this.pending--) this.#pool.left('cancelled');
  }

  failPending(error: (task: string | undefined) => Error): void {
    for (; this.pending > 0; this.pending--) {
      this.failures.push(error('queued'));
      this.#pool.left('failed');
    }
  }

  recover({ index }: PoolWorker, error: DeathError): () => void {
    const lost = this.running.get(index) ?? 0;
    this.running.delete(index);
    for (let i = 0; i < lost; i++) {
      this.failures.push(error('working', lost > 1 ? ['waiting'] : []));
      this.#pool.left('failed');
    }
    return () => {};
  }

  catchUp(): void {}

  pendingCalls(): number {
    return this.pending;
  }

  end(): void {
    this.ended++;
  }
}

/** A pool on such a backend, with workers called `test_0`, `test_1`, … */
export function fakePool(options: PoolOptions = {}): { pool: Pool; backend: FakeBackend } {
  let backend: FakeBackend | undefined;
  const settings = resolvePoolOptions({ maxWorkers: 2, ...options }, 'test', 64);
  const pool = new Pool(settings, BrokenThreadPool, (owner) => (backend = new FakeBackend(owner)));
  if (backend === undefined) throw new Error('The pool made no backend.');
  return { pool, backend };
}

/** Ends everything, and lets warnings that are on their way arrive while the test is still there. */
export async function bury(pool: Pool, backend: FakeBackend): Promise<void> {
  void pool.shutdown({ wait: false, cancelFutures: true });
  for (const index of backend.running.keys()) {
    while ((backend.running.get(index) ?? 0) > 0) backend.finish(index);
  }
  // Each of them may be leaving, with its successor there already.
  for (let index = 0; index < 2 * pool.settings.maxWorkers; index++) {
    backend.ready(index);
    backend.exit(index);
  }
  await new Promise(setImmediate);
}
