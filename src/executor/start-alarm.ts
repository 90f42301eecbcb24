/**
 * The time limit for a worker's start.
 *
 * Only time in which this thread could have received the worker's message counts. A parent that computes for a minute
 * receives nothing, and a starting thread even waits for it. So the time is split into parts, each of which needs a
 * turn of the event loop: a blocked parent uses up one part at most.
 */
import { alarm, deadlineIn } from '../util/deadline.ts';

const PARTS = 10;

/** Calls `onLate` after `timeout` milliseconds, never if it is infinite. @returns a function that stops the alarm. */
export function startAlarm(timeout: number, onLate: () => void): () => void {
  let left = PARTS;
  const count = (): (() => void) =>
    alarm(deadlineIn(timeout / PARTS), () => {
      left--;
      if (left === 0) onLate();
      else stop = count();
    });
  let stop = count();
  return () => stop();
}
