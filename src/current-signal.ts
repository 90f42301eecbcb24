/** What aborts the task that the current code belongs to. */
import { sourcedSignal } from './protocol/signal-source.ts';

/**
 * Inside a task of a cluster: aborted, with the reason, when somebody cancels the call after it has begun, or
 * when its host has lost the lease and another may run it. Elsewhere: `undefined`. Does not block.
 *
 * A task that never looks is never stopped. One that keeps its event loop busy sees nothing before it lets go.
 *
 * @example
 * export async function crawl(urls: string[]): Promise<string[]> {
 *   const signal = currentSignal();
 *   return Promise.all(urls.map(async (url) => (await fetch(url, { signal })).text()));
 * }
 */
export function currentSignal(): AbortSignal | undefined {
  return sourcedSignal();
}
