/** `timeout` and `signal` of a single call, the same on every executor: only the future is needed. */
import { TimeoutError } from '../errors.ts';
import { addWaiter, failFuture, type Future, taskOf, withdrawCall } from '../future/future.ts';
import { onAbort } from '../util/abort-listeners.ts';
import { alarm, deadlineIn } from '../util/deadline.ts';
import type { CallOptions } from './call-options.ts';

/** Ends the call when its time is over or its signal aborts; removes timer and listener once the call is done. */
export function limitCall(future: Future<unknown>, { timeout, signal }: CallOptions): void {
  if (timeout === undefined && signal === undefined) return;
  if (future.done()) return;
  if (signal?.aborted === true) {
    future.cancel(signal.reason);
    return;
  }
  const stopAlarm = alarm(deadlineIn(timeout), () => expire(future, timeout));
  const stopListening = onAbort(signal, () => future.cancel(signal?.reason));
  addWaiter(future, {
    passive: true,
    futureDone() {
      stopAlarm();
      stopListening();
    },
  });
}

/**
 * Withdrawing comes first, so that a call that has not begun never does. A running call can't be stopped from here: its
 * future fails now, and its own outcome is dropped when it comes. For a call on another machine it may be unknown
 * whether it runs.
 */
function expire(future: Future<unknown>, timeout: number | undefined): void {
  const task = taskOf(future) ?? 'The call';
  const after = `${timeout} ms after it was submitted`;
  const text = withdrawCall(future)
    ? `${task} had not begun ${after}, and never will.`
    : `${task} was ${future.running() ? 'still running' : 'not over'} ${after}; its outcome will be dropped.`;
  failFuture(future, new TimeoutError(text));
}
