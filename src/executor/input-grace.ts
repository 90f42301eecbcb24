/**
 * How long the loop over the results of a `map` waits for an input that is in the middle of a `next()`.
 *
 * An async generator closes when it has answered, so its cleanup can be waited for only as long as the answer is. Some
 * answers never come: the next event of something that is over, the next message of a queue that nobody writes to. A
 * plain `for await` is never in that place; it leaves such an input between two answers.
 */
import { warn } from '../events/warnings.ts';
import { alarm, deadlineIn } from '../util/deadline.ts';

/** Milliseconds. */
export const GRACE = 1000;

/** Waits for `closing`, for `grace` milliseconds at most. What it throws later nobody can catch: it becomes a warning. */
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
