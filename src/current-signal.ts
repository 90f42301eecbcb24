/** The signal of the task that the current code belongs to. */
import { sourcedSignal } from './protocol/signal-source.ts';

/**
 * Returns the signal of the current task of a cluster; outside of such tasks `undefined`. Does not block.
 *
 * It is aborted when the call is cancelled after it has begun, with the reason that was given to `cancel()`; when the
 * `timeout` of the call is over; and when the host has lost the lease of the call, so that another host may run it.
 *
 * A task that does not use its signal is not stopped. A signal is aborted by the worker's event loop, so a task that
 * never gives it a turn can't see the abort.
 *
 * @example
 * ```ts check
 * import { currentSignal } from 'concurrent-futures';
 *
 * export async function crawl(urls: string[]): Promise<string[]> {
 *   const init = { signal: currentSignal() ?? null };
 *   return Promise.all(urls.map(async (url) => (await fetch(url, init)).text()));
 * }
 * ```
 */
export function currentSignal(): AbortSignal | undefined {
  return sourcedSignal();
}
