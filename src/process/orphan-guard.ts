/** Starts the thread of `orphan-guard-entry.ts`. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { bare } from '../util/bare.ts';

/** @param folder - where the compiled entries are. */
export function startOrphanGuard(folder: string, lifeline: number): void {
  const guard = new Worker(
    join(folder, 'orphan-guard-entry.cjs'),
    bare({
      workerData: lifeline,
      // None of the user's settings for threads: no loaders, no preloaded modules.
      execArgv: [],
      env: bare({}),
      resourceLimits: bare({
        maxOldGenerationSizeMb: 8,
        maxYoungGenerationSizeMb: 1,
        stackSizeMb: 1,
      }),
    }),
  );
  // If no thread can be started, the worker still ends at its next turn.
  // primordials: before the first call.
  guard.on('error', () => {});
  // primordials: before the first call.
  guard.unref();
}
