/**
 * Failures that no code reads.
 *
 * In Python a task's exception that is never read is lost silently. Here a failed future that is collected unread
 * becomes a process warning. Collection is late and may never happen, so this helps to find mistakes and is no
 * contract.
 */
import { describeError, warn } from '../events/warnings.ts';

// The registry keeps the text and not the error, so that it keeps nothing else alive.
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
