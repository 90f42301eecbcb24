/** Compares the counts of `stats()` with the round. */
import { allCalls } from './calls.mjs';
import { shown } from './shown.mjs';

/** @returns the problems with the statistics of a pool that is shut down. */
export function faultsOfStatistics(stats, play) {
  const faults = [];
  for (const name of ['workers', 'idle', 'pending', 'running'])
    if (stats[name] !== 0) faults.push(`stats().${name} is ${stats[name]} after shutdown()`);
  const sum = stats.completed + stats.failed + stats.cancelled;
  const { least, most } = bounds(play);
  if (sum < least || sum > most)
    faults.push(
      `${shown(stats)} is ${sum} calls, but there were ${least === most ? least : `${least} to ${most}`}`,
    );
  return faults;
}

/**
 * The possible number of calls. Calls of tasks may not have left their worker, chunks of a map may not have been
 * submitted, and a call whose signal was aborted before need not be taken.
 */
function bounds(play) {
  const made = play.calls.filter(({ refused }) => refused === undefined);
  const sure = made.filter(({ abortedBefore, expect }) => !abortedBefore && !expect?.unsent);
  const uncounted = made.length - sure.length;
  const items = play.maps.reduce((sum, { items: { length } }) => sum + length, 0);
  const inner = allCalls(play).length - play.calls.length - items;
  const least = sure.length + play.probes;
  return { least, most: least + uncounted + items + inner };
}
