/** A backend without workers: a test controls each of its steps, and reads a log of the pool's requests. */
import { betweenThreads } from '#dist/codec/channel.js';
import { BrokenThreadPool } from '#dist/errors.js';
import type { CallController } from '#dist/future/call-controller.js';
import { controlFuture, type Future } from '#dist/future/future.js';
import type { Backend, DeathError, WorkerHandle } from '#dist/executor/backend.js';
import { Pool } from '#dist/executor/pool.js';
import { type PoolOptions, poolSettings, poolTable } from '#dist/executor/pool-options.js';
import type { PoolWorker } from '#dist/executor/pool-worker.js';
import type { FromWorker } from '#dist/protocol/messages.js';
import { resolveOptions } from '#dist/util/option-table.js';

export type CallEnd = 'completed' | 'failed' | 'cancelled';

export class FakeBackend implements Backend {
  readonly channel = betweenThreads;
  mostWorkers = Infinity;
  /** The pool's requests, in order: `spawn 0 test_0`, `close 0`, `terminate 0`, … */
  readonly log: string[] = [];
  /** The errors of failed calls. */
  readonly failures: Error[] = [];
  readonly idle = new Set<number>();
  pending = 0;
  /** The number of times that the pool has ended. */
  ended = 0;
  /** The number of calls of each worker. */
  readonly running = new Map<number, number>();
  /** The nested calls. */
  readonly nested: Future<unknown>[] = [];
  /** Makes `start` throw. */
  startError: Error | undefined = undefined;
  /** Every started worker, the last one with an index first. */
  readonly workers: PoolWorker[] = [];
  /** The names of the workers that have begun the nested calls. */
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

  /** Does the same as an executor's `submit`. */
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

  /** Delivers a message of a worker. */
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
  const resolved = resolveOptions({ maxWorkers: 2, ...options }, poolTable(64));
  const settings = poolSettings(resolved, 'test');
  const pool = new Pool(settings, BrokenThreadPool, (owner) => (backend = new FakeBackend(owner)));
  if (backend === undefined) throw new Error('The pool made no backend.');
  return { pool, backend };
}

/** Ends everything, and waits for pending warnings while the test still runs. */
export async function bury(pool: Pool, backend: FakeBackend): Promise<void> {
  void pool.shutdown({ wait: false, cancelFutures: true });
  for (const index of backend.running.keys()) {
    while ((backend.running.get(index) ?? 0) > 0) backend.finish(index);
  }
  // Each worker may be leaving, with its successor started already.
  for (let index = 0; index < 2 * pool.settings.maxWorkers; index++) {
    backend.ready(index);
    backend.exit(index);
  }
  await new Promise(setImmediate);
}
