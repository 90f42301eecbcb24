/**
 * Connects the code of a task with the worker that runs it. The worker sets the channel when it starts;
 * `own-pool.ts`, which is loaded only if a task's module imports this library, uses it.
 *
 * The two don't share a module, because the worker is one bundled script, but they share the thread's global object.
 */
import type { NestedOutcome, NestedRequest } from '../protocol/messages.ts';
import { defineProperty, globalObject, symbolFor } from '../util/primordials.ts';

export interface ParentChannel {
  /** The name of the worker in errors. */
  readonly name: string;
  /** Sends a request to the parent, and wakes the parent if it is blocked. */
  request(request: NestedRequest, transfer: readonly object[]): void;
  /** Cancels a submitted call; blocks until the parent has answered. @returns true if the call will never run. */
  withdraw(call: number): boolean;
  /** Called once per submitted call, with its outcome. */
  onSettled: ((call: number, outcome: NestedOutcome) => void) | undefined;
  /** The module that is being imported while no task runs in this worker: its code must not submit calls. */
  importing: string | undefined;
  /** Called when a task has submitted a call to its own pool. The task will probably wait for it. */
  submitted(call: number): void;
  /**
   * Blocks this thread until `isDone()` is true, or for `timeout` milliseconds; meanwhile it handles messages.
   *
   * @returns false if `isDone` can never become true because all workers are blocked for ever.
   */
  block(call: number, isDone: () => boolean, timeout: number): boolean;
}

const globalKey = symbolFor('concurrent-futures.worker');

export function setParentChannel(channel: ParentChannel): void {
  defineProperty(globalObject, globalKey, { __proto__: null, value: channel });
}

/** The channel of this thread; undefined if the thread is not a worker. */
export function parentChannel(): ParentChannel | undefined {
  return (globalObject as { [globalKey]?: ParentChannel })[globalKey];
}
