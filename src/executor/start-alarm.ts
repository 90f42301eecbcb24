/**
 * The time that a worker has for getting ready.
 *
 * Only the time counts in which this thread could have heard of it. A parent that computes for a minute hears nothing, and
 * a thread that is being started even waits for it. So the time is counted off in parts, each of which needs a turn of
 * the event loop: a parent that is blocked loses one part at most, however long that takes.
 */
import { alarm, deadlineIn } from '../util/deadline.ts';

const PARTS = 10;

/** Calls `onLate` after `timeout` milliseconds; returns how to call that off. Never for an endless timeout. */
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
