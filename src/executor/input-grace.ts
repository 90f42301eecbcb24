/**
 * The time for which the loop over the results of a `map` waits for an input that is in the middle of a `next()`.
 *
 * An async generator closes when its `next()` has settled, so waiting for its cleanup takes as long as that. Some never
 * settle: the next event of a source that is over, the next message of a queue that no program writes to. A plain
 * `for await` never closes an input in that state, but only between two items.
 */
import { warn } from '../events/warnings.ts';
import { alarm, deadlineIn } from '../util/deadline.ts';

/** Milliseconds. */
export const GRACE = 1000;

/**
 * Waits for `closing`, for `grace` milliseconds at most. A later rejection can't be caught any more: it becomes a
 * warning.
 */
export function withinGrace(closing: Promise<void>, grace: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopAlarm = alarm(deadlineIn(grace), () => {
      resolve();
      closing.catch((error: unknown) =>
        warn('CF_INPUT_CLEANUP', 'The input of a map() failed while it was being closed.', error),
      );
    });
    const end = (settle: () => void): void => {
      stopAlarm();
      settle();
    };
    closing.then(
      () => end(resolve),
      (error: unknown) => end(() => reject(error)),
    );
  });
}
