/** The groups of things that rounds contain: the possible ones, and the choice for a round. */

/** Groups that a round can omit, to find the ones that a failure needs. */
export const groups = {
  throws: 'tasks that throw, and values that can not travel',
  thenables: 'results that call back twice, or call back and throw',
  exits: 'tasks that end their worker: exit, abort, signals to itself',
  late: 'timers and rejections that fail after their task has returned',
  memory: 'workers with little memory, and tasks that take more',
  stubs: 'tasks that leave fake timers, stubbed globals and patched prototypes behind',
  endings: 'tasks that leave exit handlers behind which throw or never return',
  garbage: 'bytes written to the channel of a process, ports of a thread used or closed',
  signals: 'signals from outside, stops included, to workers and to hosts',
  nested: 'calls inside of calls',
  cancels: 'cancels, signals that abort, timeouts',
  blocks: 'a parent that blocks',
  shutdowns: 'shutdowns in the middle of everything, pools that are forgotten, programs that exit',
  breaks: "initializers that fail, onWorkerDeath: 'break'",
  floods: 'thousands of calls that take next to nothing',
  pollution: 'a parent whose Object.prototype has been added to',
  huge: 'arguments and results of megabytes',
  retirement: 'maxTasksPerChild',
  queueing: 'priorities and delays of calls, and calls that are tried again',
  crowds:
    'tasks that wait for hundreds of calls of their own pool with large results, and withdraw many',
};

/** Drawn after all others, so that the rounds of older seeds stay the same. */
const DRAWN_LAST = ['crowds'];

const ISOLATED_ONLY = new Set([
  'exits',
  'late',
  'memory',
  'stubs',
  'endings',
  'garbage',
  'retirement',
  'crowds',
]);

/**
 * Groups that a cluster does not have: its hosts set up and keep its workers. Its hosts also promise nothing to tasks
 * whose worker has replaced globals.
 */
const LOCAL_ONLY = new Set(['memory', 'stubs', 'breaks', 'retirement', 'pollution', 'crowds']);
const HOSTED_ONLY = new Set(['queueing']);

/** The share of rounds with hosts that have signals to them, besides those that have them anyway. */
const HOST_FAULTS = 0.6;

/** With these groups a task with an exit handler that never returns could make a call without an end. */
const NEEDS_EXITS = ['exits', 'late'];

/** Chooses the groups of a round: few, so that a failure shows its cause. */
export function chooseGroups(random, kind, without) {
  const density = random.pick([0, 0.2, 0.3, 0.4, 0.6]);
  // Drawn for all groups, so that omitting one does not change the others.
  const draw = (names) => names.filter(() => random.chance(density));
  const fits = (group) => isPossible(group, kind) && !without.includes(group);
  const early = Object.keys(groups).filter((group) => !DRAWN_LAST.includes(group));
  const active = new Set(draw(early).filter(fits));
  // A cluster is tested mainly for the ends of hosts.
  if (kind.hosted && !without.includes('signals') && random.chance(HOST_FAULTS))
    active.add('signals');
  for (const group of draw(DRAWN_LAST).filter(fits)) active.add(group);
  if (active.has('endings')) for (const group of NEEDS_EXITS) active.delete(group);
  return active;
}

function isPossible(group, kind) {
  if ((kind.hosted ? LOCAL_ONLY : HOSTED_ONLY).has(group)) return false;
  if (group === 'signals') return kind.processes || kind.hosted;
  return kind.isolated || !ISOLATED_ONLY.has(group);
}
