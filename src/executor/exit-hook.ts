/**
 * The end of the process, as pools see it.
 *
 * Pending calls keep the process alive. When nothing else is left to do (`beforeExit`), idle workers
 * of pools that nobody has shut down are asked to end, and waited for: what they have written to
 * stdout then still arrives, which it would not if the process simply left. From the `exit` event on
 * no call is taken, because none could be answered.
 */
import { isExiting } from '../util/primordials.ts';

interface ExitingPool {
  retireIdleWorkers(): void;
}

const pools = new Set<ExitingPool>();
let exiting = false;
let installed = false;

/** Asks Node, too: some emit the event to have things cleaned up, and end nothing. */
export function processIsExiting(): boolean {
  return exiting && isExiting();
}

/** For a pool that has workers. */
export function enterExitHook(pool: ExitingPool): void {
  pools.add(pool);
  watchExit();
}

/** For an executor whose workers are not its own: has {@link processIsExiting} tell. */
export function watchExit(): void {
  if (installed) return;
  installed = true;
  process.on('beforeExit', () => {
    for (const each of pools) each.retireIdleWorkers();
  });
  // In front of the user's own handlers, which may try to submit.
  process.prependListener('exit', () => {
    exiting = true;
  });
}

export function leaveExitHook(pool: ExitingPool): void {
  pools.delete(pool);
}
