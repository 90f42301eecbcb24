/** The options of a round's pool. */
import { failsToInitialize, exitsInInitializer, neverInitialized } from './initializers.mjs';
import { planPollution } from './pollution.mjs';
import { initialize } from './tasks.mjs';

/** @returns the pool's options, the number of initializations that tasks find, and whether its initializer fails. */
export function planPool(random, kind, active) {
  const options = { maxWorkers: random.pick([1, 1, 2, 2, 3, 4, 6]) };
  const found = { options, initialized: 0, failsToStart: false, breaks: false, pollution: [] };
  if (active.has('pollution')) found.pollution = planPollution(random);
  if (active.has('retirement')) options.maxTasksPerChild = random.pick([1, 1, 2, 3, 10]);
  if (random.chance(0.2)) options.threadNamePrefix = 'fuzz';
  if (kind.isolated && random.chance(0.15)) options.env = { ...process.env, CF_FUZZ_EXTRA: '1' };
  if (kind.processes && random.chance(0.15)) options.cwd = '/';
  if (active.has('memory')) Object.assign(options, kind.cramped);
  const breakage = active.has('breaks') ? random.pick(['death', 'death', 'start', 'none']) : 'none';
  if (breakage === 'death') {
    options.onWorkerDeath = 'break';
    found.breaks = true;
  } else if (breakage === 'start') {
    found.failsToStart = true;
    options.initializer = random.pick(
      kind.isolated
        ? [failsToInitialize, exitsInInitializer, neverInitialized]
        : [failsToInitialize],
    );
    options.initArgs = ['the reason'];
    if (options.initializer === neverInitialized) options.startTimeout = 700;
    return found;
  }
  if (random.chance(0.3)) {
    options.initializer = initialize;
    options.initArgs = random.pick([[], [10]]);
    found.initialized = 1;
  }
  return found;
}
