/** Options of one call, or of all calls of a bound view: what `executor.with(options)` takes. */
import { bare } from '../util/bare.ts';
import {
  checkCount,
  checkSignal,
  checkTimeout,
  invalidType,
  readOptions,
} from '../util/validate.ts';

export interface CallOptions {
  /**
   * Milliseconds. `submit`: from the call until the outcome; then the future fails with
   * `TimeoutError`, and a call that has not begun never will. `map`: from the call of `map`, for the
   * whole iteration. Default: no limit.
   */
  readonly timeout?: number | undefined;
  /** Aborting it cancels what has not begun, with `signal.reason` as the reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Buffers, ports and the like among the arguments that are moved to the worker instead of copied.
   * They are unusable here from the moment of `submit`. For `submit` only.
   */
  readonly transfer?: readonly Transferable[] | undefined;
  /**
   * What the task writes to `process.stdout` and `process.stderr` (by `console.log`, too) is not printed
   * but kept: `future.output` has it, as far as it has come. For `submit` only. Default: false.
   */
  readonly captureOutput?: boolean | undefined;
  /** `map` only: how many items travel as one call. Results and errors stay per item. Default: 1. */
  readonly chunkSize?: number | undefined;
  /**
   * `map` only: how many calls may be outstanding. More are submitted one by one as results are
   * taken. Default: no bound for sync iterables; as many as there are workers for async ones.
   */
  readonly bufferSize?: number | undefined;
}

/** What can be moved between threads: `ArrayBuffer`, `MessagePort`, web streams and the like. */
export type Transferable = ArrayBuffer | object;

export const callOptionNames: readonly string[] = [
  'timeout',
  'signal',
  'transfer',
  'captureOutput',
  'chunkSize',
  'bufferSize',
];

export const noOptions: CallOptions = Object.freeze(bare({}));

/** `base` overlaid with what `options` gives. @throws TypeError, RangeError naming the option. */
export function resolveCallOptions(base: CallOptions, options: CallOptions): CallOptions {
  if (options === undefined) throw invalidType('options', 'an object', options);
  const given = readOptions('options', options, callOptionNames);
  checkTimeout('timeout', given.timeout);
  checkSignal('signal', given.signal);
  checkCount('chunkSize', given.chunkSize);
  checkCount('bufferSize', given.bufferSize);
  if (given.transfer !== undefined && !Array.isArray(given.transfer)) {
    throw invalidType('transfer', 'an array of transferable objects', given.transfer);
  }
  if (given.captureOutput !== undefined && typeof given.captureOutput !== 'boolean')
    throw invalidType('captureOutput', 'a boolean', given.captureOutput);
  return Object.freeze(bare({ ...base, ...given }));
}
