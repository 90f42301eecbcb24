/** Options of one call, or of all calls of a bound view: what `executor.with(options)` takes. */
import {
  checkCount,
  checkOptions,
  checkSignal,
  checkTimeout,
  invalidType,
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

const known = ['timeout', 'signal', 'transfer', 'captureOutput', 'chunkSize', 'bufferSize'];

export const noOptions: CallOptions = Object.freeze({});

/** `base` overlaid with what `options` gives. @throws TypeError, RangeError naming the option. */
export function resolveCallOptions(base: CallOptions, options: CallOptions): CallOptions {
  if (options === undefined) throw invalidType('options', 'an object', options);
  checkOptions('options', options, known);
  checkTimeout('timeout', options.timeout);
  checkSignal('signal', options.signal);
  checkCount('chunkSize', options.chunkSize);
  checkCount('bufferSize', options.bufferSize);
  if (options.transfer !== undefined && !Array.isArray(options.transfer)) {
    throw invalidType('transfer', 'an array of transferable objects', options.transfer);
  }
  if (options.captureOutput !== undefined && typeof options.captureOutput !== 'boolean')
    throw invalidType('captureOutput', 'a boolean', options.captureOutput);
  // One by one and not by spreading, which would pass over what `options` inherits, as an
  // AbortController does its `signal`.
  const { timeout, signal, transfer, captureOutput, chunkSize, bufferSize } = options;
  const given = { timeout, signal, transfer, captureOutput, chunkSize, bufferSize };
  return Object.freeze({
    ...base,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
}
