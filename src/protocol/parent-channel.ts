/**
 * What connects the code of a task with the worker that runs it: set by the worker when it starts,
 * used by `own-pool.ts`, which is loaded only where a task's module imports this library.
 *
 * They don't share a module, because the worker is one bundled script, but they share the thread's
 * global object.
 */
import type { NestedOutcome, NestedRequest } from '../protocol/messages.ts';
import { defineProperty, globalObject, symbolFor } from '../util/primordials.ts';

export interface ParentChannel {
  /** What errors call the worker. */
  readonly name: string;
  /** Sends a request to the parent, which may be blocked and is woken for it. */
  request(request: NestedRequest, transfer: readonly object[]): void;
  /** Withdraws a submitted call; blocks until that is answered. @returns whether it will never run. */
  withdraw(call: number): boolean;
  /** Is told what became of submitted calls. */
  onSettled: ((call: number, outcome: NestedOutcome) => void) | undefined;
  /** The module that this worker is importing while no task runs in it: its code must not start work. */
  importing: string | undefined;
  /** A task has submitted a call to its own pool, and will probably wait for it. */
  submitted(call: number): void;
  /**
   * Blocks this thread until `isDone()`, delivering messages, or for `timeout` milliseconds.
   *
   * @returns false if `isDone` can never become true because all workers are blocked for ever.
   */
  block(call: number, isDone: () => boolean, timeout: number): boolean;
}

const globalKey = symbolFor('concurrent-futures.worker');

export function setParentChannel(channel: ParentChannel): void {
  defineProperty(globalObject, globalKey, { __proto__: null, value: channel });
}

/** The channel of this thread; undefined where it is no worker. */
export function parentChannel(): ParentChannel | undefined {
  return (globalObject as { [globalKey]?: ParentChannel })[globalKey];
}
