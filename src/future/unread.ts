/**
 * Failures that nobody reads.
 *
 * In Python a task's exception that is never asked for is lost in silence. Here a failed future
 * that is collected without anybody having looked at it becomes a process warning. Collection is
 * late and may never happen, so this is a help for finding mistakes and no contract.
 */
import { describeError, warn } from '../events/warnings.ts';

// This keeps the text and not the error, so that watching a failure keeps nothing else alive.
const unread = new FinalizationRegistry<string>((text) => {
  warn('CF_UNREAD_FAILURE', text);
});

export function watchFailure(future: object, task: string | undefined, error: unknown): void {
  const what = task === undefined ? 'A future' : `A call of ${task}`;
  unread.register(
    future,
    `${what} failed and nobody looked at it: ${describeError(error)}`,
    future,
  );
}

export function forgetFailure(future: object): void {
  unread.unregister(future);
}
