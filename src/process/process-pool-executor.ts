/** The public class: an executor over worker processes. */
import { cloneToBytes } from '../codec/clone.ts';
import { BrokenProcessPool, PicklingError } from '../errors.ts';
import { type CallOptions, noOptions } from '../executor/call-options.ts';
import type { Pool } from '../executor/pool.ts';
import { makePool, PoolExecutor, type SharedPool } from '../executor/pool-executor.ts';
import { poolSettings, poolTable } from '../executor/pool-options.ts';
import { type ProcessPoolOptions, processTable } from '../executor/worker-options.ts';
import { type OptionTable, resolveOptions } from '../util/option-table.ts';
import { reason } from '../util/validate.ts';
import { ProcessTransport } from './process-transport.ts';

/** As many as file descriptors and memory allow; a bound only so that a slip of the pen is noticed. */
const MAX_PROCESSES = 1024;

const table = {
  ...poolTable(MAX_PROCESSES),
  ...processTable,
} satisfies OptionTable<ProcessPoolOptions>;

let pools = 0;

/**
 * An executor whose workers are processes (`node:child_process`).
 *
 * A crash, a memory leak or a changed working directory of a worker does not affect this process. In return a call
 * costs more than in a pool of threads, and memory can't be shared.
 *
 * No worker is started before the first call; workers are started as calls need them, and reused. Calls that are
 * pending keep the process alive; an idle pool does not, and uses no CPU. Workers end with this process,
 * also if it is killed. Python's counterpart is `ProcessPoolExecutor`.
 *
 * @example
 * ```ts
 * import { ProcessPoolExecutor } from 'concurrent-futures';
 *
 * await using pool = new ProcessPoolExecutor({ maxWorkers: 2 });
 * const id = await pool.submit(() => process.pid);
 * console.log(id === process.pid); // false
 * ```
 */
export class ProcessPoolExecutor extends PoolExecutor {
  readonly #pool: Pool;

  /**
   * Creates a pool. No worker is started before the first call.
   *
   * @throws `TypeError` or `RangeError` if an option is wrong; `PicklingError` if `initArgs` can't be sent.
   */
  constructor(options?: ProcessPoolOptions);
  /** @internal A view of a pool. */
  constructor(options: CallOptions, shared: SharedPool<Pool>);
  constructor(options: ProcessPoolOptions & CallOptions = {}, shared?: SharedPool<Pool>) {
    const taken = shared ?? poolOfProcesses(options);
    super(shared === undefined ? noOptions : options, taken);
    this.#pool = taken.pool;
  }

  override with(options: CallOptions): ProcessPoolExecutor {
    return this.view(this.optionsWith(options));
  }

  /**
   * Ends the pool without waiting for the calls that run: cancels every call that has not begun, and sends SIGTERM to
   * the workers. Does not block.
   *
   * Calls that have begun fail with `BrokenProcessPool`, unless a worker ignores the signal: then it completes them and
   * ends. Python's counterpart is `terminate_workers()`.
   *
   * @example
   * ```ts
   * import { BrokenProcessPool, ProcessPoolExecutor } from 'concurrent-futures';
   *
   * const pool = new ProcessPoolExecutor();
   * const endless = pool.submit(() => new Promise(() => setInterval(() => {}, 1000)));
   * while (!endless.running()) await new Promise((resolve) => setTimeout(resolve, 10));
   * pool.terminateWorkers();
   * console.log((await endless.exception()) instanceof BrokenProcessPool); // true
   * ```
   */
  terminateWorkers(): void {
    this.#pool.forceShutdown('SIGTERM');
  }

  /**
   * Does the same as {@link terminateWorkers}, but with SIGKILL, which a worker can't ignore. Does not block.
   *
   * Python's counterpart is `kill_workers()`.
   */
  killWorkers(): void {
    this.#pool.forceShutdown('SIGKILL');
  }

  protected override view(options: CallOptions): ProcessPoolExecutor {
    return new ProcessPoolExecutor(options, { ...this.shared, pool: this.#pool });
  }
}

function poolOfProcesses(options: ProcessPoolOptions): SharedPool<Pool> {
  const { env, cwd, execArgv, execPath, manager, ...others } = resolveOptions(options, table);
  const settings = poolSettings(others, `ProcessPoolExecutor-${pools++}`);
  try {
    cloneToBytes(settings.initializer?.args);
  } catch (cause) {
    throw new PicklingError(`initArgs can't be sent to a worker: ${reason(cause)}`, { cause });
  }
  return makePool(
    settings,
    BrokenProcessPool,
    (pool) => new ProcessTransport(pool, { env, cwd, execArgv, execPath }, manager === 'thread'),
  );
}
