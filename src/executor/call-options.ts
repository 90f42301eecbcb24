/** Options of one call, or of all calls of a bound view, as `executor.with(options)` takes them. */
import { bare } from '../util/bare.ts';
import { checkBoolean } from '../util/option-checks.ts';
import { type OptionTable, readOptions } from '../util/option-table.ts';
import { checkCount, checkSignal, checkTimeout, invalidType } from '../util/validate.ts';

/** The options of calls, as `executor.with()` takes them. */
export interface CallOptions {
  /**
   * The longest time in milliseconds from `submit()` to the outcome, or from `map()` to the last result.
   *
   * When it is over, the future fails with `TimeoutError`, or `next()` of the results throws it. A call that has not
   * begun never runs. A call that runs is not stopped; its outcome is dropped.
   *
   * @default Infinity
   */
  readonly timeout?: number | undefined;
  /**
   * Cancels each call that has not begun when it is aborted, with `signal.reason` as the reason. A call that runs is
   * not stopped; on a cluster its task can see the abort by `currentSignal()`. By default there is none.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * The objects among the arguments that are moved to the worker instead of copied. They are unusable here after
   * `submit()`.
   *
   * `map()` ignores it, as does an `InlineExecutor`, which copies nothing. To another process only an `ArrayBuffer` can
   * be moved. A cluster has no such option (`ERR_NOT_IMPLEMENTED`).
   *
   * @default []
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * const bytes = new Uint8Array(1_000_000);
   * const size = pool.with({ transfer: [bytes.buffer] }).submit((given) => given.length, bytes);
   * console.log(bytes.length, await size); // 0 1000000
   * ```
   */
  readonly transfer?: readonly Transferable[] | undefined;
  /**
   * True: the text that the task writes to `process.stdout` and `process.stderr`, also by `console.log()`, is not
   * printed but kept in `future.output`.
   *
   * `map()` ignores it. Only pools of threads and processes have it; `with()` of another executor throws
   * (`ERR_NOT_IMPLEMENTED`). The executor that `currentExecutor()` returns in a worker ignores it.
   *
   * @default false
   */
  readonly captureOutput?: boolean | undefined;
  /**
   * The number of items that `map()` sends as one call, which costs less for short tasks. Results and errors stay per
   * item.
   *
   * @default 1
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * const roots = await pool.with({ chunkSize: 100 }).map(Math.sqrt, [1, 4, 9]).toArray();
   * console.log(roots); // [ 1, 2, 3 ]
   * console.log(pool.stats().completed); // 1
   * ```
   */
  readonly chunkSize?: number | undefined;
  /**
   * The largest number of calls of a `map()` that are outstanding at a time. Further ones are submitted one by one as
   * results are taken, so the input may be endless.
   *
   * By default there is no limit, unless an iterable is async: then it is twice `maxWorkers` in pools of threads and
   * processes, 64 on a cluster, and 16 on other executors.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * function* naturals() {
   *   for (let n = 1; ; n++) yield n;
   * }
   *
   * await using pool = new ThreadPoolExecutor();
   * let last = 0;
   * for await (const square of pool.with({ bufferSize: 8 }).map((n) => n * n, naturals())) {
   *   last = square;
   *   if (square > 50) break;
   * }
   * console.log(last); // 64
   * ```
   */
  readonly bufferSize?: number | undefined;
}

/** An object that can be moved between threads: an `ArrayBuffer`, a `MessagePort`, a web stream and the like. */
export type Transferable = ArrayBuffer | object;

/** Without defaults: an option that is left out is as in the view that `with` was called on. */
export const callTable = {
  timeout: { check: checkTimeout, default: undefined },
  signal: { check: checkSignal, default: undefined },
  transfer: { check: checkTransfer, default: undefined },
  captureOutput: { check: checkBoolean, default: undefined },
  chunkSize: { check: checkCount, default: undefined },
  bufferSize: { check: checkCount, default: undefined },
} satisfies OptionTable<CallOptions>;

export const noOptions: CallOptions = Object.freeze(bare({}));

/** `base` overlaid with `options`. @throws TypeError, RangeError naming the option. */
export function resolveCallOptions(base: CallOptions, options: CallOptions): CallOptions {
  return overlayOptions(base, options, callTable);
}

/** {@link resolveCallOptions}, for an executor whose calls have more options. */
export function overlayOptions<O extends CallOptions>(
  base: O,
  options: O,
  table: OptionTable<O>,
): O {
  if (options === undefined) throw invalidType('options', 'an object', options);
  return Object.freeze(bare({ ...base, ...readOptions('options', options, table) }));
}

function checkTransfer(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalidType(name, 'an array of transferable objects', value);
}
