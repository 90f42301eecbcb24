/** A call on its way to a worker thread, as long as it is not in shared memory. */
import type { Future } from '../future/future.ts';

export interface ThreadCall {
  readonly future: Future<unknown>;
  /** The function's number, or-ed with CHUNK. */
  readonly fn: number;
  /** A snapshot: what the caller does with its own objects after `submit` does not show in here. */
  readonly args: unknown[];
  /** What of `args` is to be moved when it is sent as a message. */
  readonly transfer: readonly object[];
}
