/**
 * A backend with no workers at all: it does what a test tells it to, when it is told, and keeps a log
 * of what the pool asked for.
 */
import { BrokenThreadPool } from '#dist/errors.js';
import type { Backend, Crew } from '#dist/executor/backend.js';
import { Pool } from '#dist/executor/pool.js';
import { resolvePoolOptions, type PoolOptions } from '#dist/executor/pool-options.js';

export type CallEnd = 'completed' | 'failed' | 'cancelled';

export class FakeBackend implements Backend, Crew {
  /** What the pool asked for, in order: `spawn 0 test_0`, `close 0`, `terminate 0`, … */
  readonly log: string[] = [];
  /** Errors with which calls have failed. */
  readonly failures: Error[] = [];
  readonly idle = new Set<number>();
  pending = 0;
  /** How often the pool has said that it is over. */
  ended = 0;
  /** The calls that each lane is busy with. */
  readonly running = new Map<number, number>();
  /** Makes the next `spawn` throw. */
  spawnError: Error | undefined = undefined;
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** What an executor's `submit` does. */
  submit(): void {
    this.#pool.admit();
    this.pending++;
    this.#pool.entered();
  }

  begin(lane: number): void {
    this.pending--;
    this.idle.delete(lane);
    this.running.set(lane, (this.running.get(lane) ?? 0) + 1);
  }

  finish(lane: number, how: CallEnd = 'completed'): void {
    this.running.set(lane, (this.running.get(lane) ?? 0) - 1);
    this.idle.add(lane);
    this.#pool.left(how);
  }

  /** A worker ends, asked to or not. */
  exit(
    lane: number,
    exitCode = 0,
    { cause, retired = false }: { cause?: unknown; retired?: boolean } = {},
  ): void {
    this.idle.delete(lane);
    this.#pool.exited(lane, { exitCode }, cause, retired);
  }

  get crew(): this {
    return this;
  }

  lastWords(): undefined {
    return undefined;
  }

  spawn(lane: number, name: string): void {
    this.log.push(`spawn ${lane} ${name}`);
    const error = this.spawnError;
    this.spawnError = undefined;
    if (error !== undefined) throw error;
  }

  close(lane: number): void {
    this.log.push(`close ${lane}`);
  }

  terminate(lane: number): void {
    this.log.push(`terminate ${lane}`);
  }

  isIdle(lane: number): boolean {
    return this.idle.has(lane);
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

  recover(lane: number, error: (task: string | undefined) => Error): () => void {
    const lost = this.running.get(lane) ?? 0;
    this.running.delete(lane);
    for (let i = 0; i < lost; i++) {
      this.failures.push(error('working'));
      this.#pool.left('failed');
    }
    return () => {};
  }

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
  for (const lane of backend.running.keys()) {
    while ((backend.running.get(lane) ?? 0) > 0) backend.finish(lane);
  }
  // Each of them may be leaving, with its successor there already.
  for (let lane = 0; lane < 2 * pool.settings.maxWorkers; lane++) {
    pool.ready(lane);
    backend.exit(lane);
  }
  await new Promise(setImmediate);
}
