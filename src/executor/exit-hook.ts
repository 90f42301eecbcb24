/**
 * The reaction of pools to the end of the process.
 *
 * Pending calls keep the process alive. When nothing else is left to do (`beforeExit`), idle workers of pools that were
 * not shut down are asked to end, and the process waits for them. So their last output to stdout still arrives, which
 * it would not if the process simply exited. From the `exit` event on no call is taken, because none could be answered.
 */
import { isExiting } from '../util/primordials.ts';

interface ExitingPool {
  retireIdleWorkers(): void;
}

const pools = new Set<ExitingPool>();
let exiting = false;
let installed = false;

/** Asks Node as well: some programs emit the event for cleanup only, and end nothing. */
export function processIsExiting(): boolean {
  return exiting && isExiting();
}

/** Registers a pool that has workers. */
export function enterExitHook(pool: ExitingPool): void {
  pools.add(pool);
  watchExit();
}

/** For an executor without workers of its own: makes {@link processIsExiting} reliable. */
export function watchExit(): void {
  if (installed) return;
  installed = true;
  process.on('beforeExit', () => {
    for (const each of pools) each.retireIdleWorkers();
  });
  // Before the user's own handlers, which may try to submit.
  process.prependListener('exit', () => {
    exiting = true;
  });
}

export function leaveExitHook(pool: ExitingPool): void {
  pools.delete(pool);
}
