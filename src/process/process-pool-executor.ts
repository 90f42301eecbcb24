/** The public class: an executor over worker processes. */
import { cloneToBytes } from '../codec/clone.ts';
import { BrokenProcessPool, PicklingError } from '../errors.ts';
import { type CallOptions, noOptions } from '../executor/call-options.ts';
import { makePool, PoolExecutor, type SharedPool } from '../executor/pool-executor.ts';
import {
  type PoolOptions,
  processOptions,
  readPoolOptions,
  resolvePoolOptions,
} from '../executor/pool-options.ts';
import { reason } from '../util/validate.ts';
import { ProcessTransport } from './process-transport.ts';

export interface ProcessPoolOptions extends PoolOptions {
  /** Environment variables of the workers. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** The folder in which workers start. Default: this process's. */
  readonly cwd?: string | undefined;
  /** Node options of the workers. Default: those of this process, without those for debugging. */
  readonly execArgv?: readonly string[] | undefined;
  /** The program that workers run. Default: this process's, Node. */
  readonly execPath?: string | undefined;
  /**
   * Who hands out calls and takes in outcomes. `'event-loop'` (default): this thread, whenever its event
   * loop has a turn. `'thread'`: a thread beside it, as in Python; calls then go out and come in while
   * this one computes, and `resultSync()` works. Each call costs about 20 µs more.
   */
  readonly manager?: 'event-loop' | 'thread' | undefined;
}

/** As many as file descriptors and memory allow; a bound only so that a slip of the pen is noticed. */
const MAX_PROCESSES = 1024;

let pools = 0;

/**
 * An executor whose workers are processes (`node:child_process`).
 *
 * What a worker does to its memory, its working directory or its life stays its own; in return a call
 * costs microseconds more than with threads, and nothing can be shared. Nothing is started before
 * the first call; workers are started as calls need them, and reused. An idle pool uses no CPU and does
 * not keep the process alive; pending calls do. Workers end with this process, whatever ends it.
 *
 * @example
 * await using pool = new ProcessPoolExecutor({ maxWorkers: 4 });
 * const thumbnail = await pool.submit(resize, path, 200);
 */
export class ProcessPoolExecutor extends PoolExecutor {
  /** @throws TypeError, RangeError, PicklingError naming the option that is wrong. */
  constructor(options?: ProcessPoolOptions);
  /** @internal A view of a pool. */
  constructor(options: CallOptions, shared: SharedPool);
  constructor(options: ProcessPoolOptions & CallOptions = {}, shared?: SharedPool) {
    if (shared === undefined) super(noOptions, poolOfProcesses(options));
    else super(options, shared);
  }

  override with(options: CallOptions): ProcessPoolExecutor {
    return this.view(this.optionsWith(options));
  }

  /**
   * Ends the pool without waiting for what runs: cancels every call that has not begun and sends the
   * workers SIGTERM. Calls that had begun fail with `BrokenProcessPool`. Does not block; does nothing to
   * workers that are gone.
   */
  terminateWorkers(): void {
    this.shared.pool.forceShutdown('SIGTERM');
  }

  /** As {@link terminateWorkers}, with SIGKILL, which a worker can't ignore. */
  killWorkers(): void {
    this.shared.pool.forceShutdown('SIGKILL');
  }

  protected override view(options: CallOptions): ProcessPoolExecutor {
    return new ProcessPoolExecutor(options, this.shared);
  }
}

function poolOfProcesses(options: ProcessPoolOptions): SharedPool {
  const given = readPoolOptions(options, processOptions);
  const { env, cwd, execArgv, execPath, manager } = given;
  const settings = resolvePoolOptions(given, `ProcessPoolExecutor-${pools++}`, MAX_PROCESSES);
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
