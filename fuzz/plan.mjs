/**
 * The plan of a round, derived from its seed before the round begins: the pool's options, and steps.
 *
 * The interleaving of steps and workers depends on the machine, so a seed repeats the actions and not always the
 * result.
 */
import { failing } from './failing-calls.mjs';
import { fatal } from './fatal-calls.mjs';
import { makeCrowd } from './crowd-calls.mjs';
import { makeHostSignal, planCluster, queueCall } from './cluster-plan.mjs';
import { chooseGroups } from './groups.mjs';
import { harmless, makeNoop } from './harmless-calls.mjs';
import { kinds } from './kinds.mjs';
import { makeMap } from './map-calls.mjs';
import { nested } from './nested-calls.mjs';
import { planPool } from './pool-plan.mjs';
import { Random } from './random.mjs';

/** Each part of a plan has random numbers of its own, so that a change of one does not change the others. */
export function makePlan(kindName, seed, without) {
  const stream = (part) => new Random(seed, `${kindName} ${part}`);
  const kind = chooseWorkers(stream('workers'), kinds[kindName]);
  const active = chooseGroups(stream('groups'), kind, without);
  const planOptions = kind.hosted ? planCluster : planPool;
  const plan = { kindName, kind, seed, active, ...planOptions(stream('pool'), kind, active) };
  let lastId = 0;
  const most = plan.mostCalls ?? (plan.options.maxTasksPerChild ?? 10) * MOST_WORKERS;
  const context = {
    kind,
    active,
    plan,
    nextId: () => ++lastId,
    /** @returns how many of `count` calls are still allowed. */
    allowance: (count) => Math.min(count, Math.max(1, most - lastId)),
  };
  const count = stream('steps').int(2, 9);
  plan.steps = Array.from({ length: count }, (_, i) => {
    return makeStep({ ...context, random: stream(`step ${i}`) });
  });
  plan.final = makeFinal({ ...context, random: stream('final') });
  return plan;
}

/** All hosts of a round have workers of one kind, so that the effects of a task on them are known. */
function chooseWorkers(random, kind) {
  return kind.hosted ? { ...kind, processes: random.chance(0.5) } : kind;
}

/** A worker takes a part of a second to start, so this bounds the number that a round can need. */
const MOST_WORKERS = 12;

/** Groups that can end or change a call's worker. Without them a single call is certain to begin and to return. */
const DISTURBING = [
  'exits',
  'late',
  'memory',
  'stubs',
  'endings',
  'garbage',
  'signals',
  'shutdowns',
  'breaks',
];

const steps = [
  { weight: 10, make: (context) => ({ do: 'submit', calls: makeBurst(context) }) },
  { weight: 2, make: (context) => ({ do: 'map', map: makeMap(context) }) },
  {
    weight: 3,
    group: 'floods',
    fits: ({ active }) => !active.has('retirement'),
    make: (context) => ({ do: 'submit', calls: makeFlood(context) }),
  },
  {
    weight: 6,
    group: 'crowds',
    // Small heaps have no room for the results.
    fits: ({ active }) => !active.has('memory'),
    make: (context) => ({ do: 'submit', calls: makeCrowds(context) }),
  },
  { weight: 2, make: () => ({ do: 'turn' }) },
  { weight: 2, make: ({ random }) => ({ do: 'pause', ms: random.int(0, 60) }) },
  {
    weight: 4,
    make: ({ random }) => ({
      do: 'settle',
      how: random.pick(['all', 'first', 'completed', 'promises']),
    }),
  },
  {
    weight: 4,
    group: 'cancels',
    make: ({ random }) => ({ do: 'cancel', picks: picks(random, 12) }),
  },
  { weight: 2, group: 'cancels', make: ({ random }) => ({ do: 'abort', which: random.int(0, 2) }) },
  { weight: 4, group: 'blocks', make: ({ random }) => ({ do: 'block', ms: random.int(1, 250) }) },
  {
    weight: 3,
    group: 'blocks',
    make: ({ random }) => ({ do: 'resultSync', picks: picks(random, 3) }),
  },
  {
    weight: 3,
    group: 'blocks',
    fits: ({ kind, active }) => kind.blocks && !DISTURBING.some((group) => active.has(group)),
    make: (context) => ({
      do: 'handshake',
      call: makeCall(context, calm),
      retires: context.active.has('retirement'),
    }),
  },
  {
    weight: 12,
    group: 'signals',
    fits: ({ kind }) => kind.hosted,
    make: ({ random }) => makeHostSignal(random),
  },
  {
    weight: 5,
    group: 'signals',
    fits: ({ kind }) => !kind.hosted,
    make: ({ random }) => ({
      do: 'signal',
      signal: random.pick(['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGSTOP', 'SIGINT']),
      pick: random.next(),
      ms: random.int(1, 600),
    }),
  },
  {
    weight: 1,
    group: 'shutdowns',
    make: ({ random }) => ({
      do: 'shutdown',
      options: { wait: false, cancelFutures: random.chance(0.5) },
    }),
  },
  {
    weight: 1,
    group: 'shutdowns',
    fits: ({ kind }) => kind.forces,
    make: ({ random }) => ({ do: 'force', how: random.pick(['terminateWorkers', 'killWorkers']) }),
  },
];

const calm = harmless.filter(({ group }) => group === undefined);

function suits(entry, context) {
  if (entry.group !== undefined && !context.active.has(entry.group)) return false;
  if (entry.isolated === true && !context.kind.isolated) return false;
  if (entry.local === true && context.kind.hosted) return false;
  return entry.fits === undefined || entry.fits(context);
}

function makeStep(context) {
  return context.random.weighted(steps.filter((entry) => suits(entry, context))).make(context);
}

function picks(random, most) {
  return random.list(random.int(1, most), () => random.next());
}

function makeBurst(context) {
  const { random } = context;
  const count = context.allowance(random.pick([1, 2, 5, 10, 20, 40, 40, 150]));
  const share = random.pick([0, 0.05, 0.2, 0.5]);
  return random.list(count, () => makeCall(context, tableOf(context, share)));
}

function makeFlood({ random, nextId }) {
  return random.list(random.pick([500, 2000, 4000]), () => ({
    ...makeNoop(nextId()),
    options: {},
  }));
}

/** Some at a time: the calls that one withdraws lie behind those that return to another. */
function makeCrowds(context) {
  return context.random.list(context.random.int(1, 3), () => {
    const id = context.nextId();
    return { id, ...makeCrowd(id, context), options: {} };
  });
}

function tableOf(context, share) {
  const { random, active } = context;
  if (active.has('nested') && random.chance(0.25)) return nested;
  if (!random.chance(share)) return harmless;
  const table = random.chance(0.5) ? fatal : failing;
  return table.some((entry) => suits(entry, context)) ? table : [...fatal, ...failing];
}

function makeCall(context, table) {
  const possible = table.filter((entry) => suits(entry, context));
  const { random, active } = context;
  const id = context.nextId();
  const entry = random.weighted(
    possible.length === 0 ? calm.filter((each) => suits(each, context)) : possible,
  );
  const call = { id, ...entry.make(id, context), options: {} };
  if (call.transfer !== undefined) call.options.transfer = [call.transfer];
  if (call.output !== undefined) call.options.captureOutput = true;
  if (active.has('cancels')) limit(call, random);
  if (active.has('queueing')) queueCall(call, random);
  return call;
}

/** Gives some calls a limit of time, or a signal: one of three that all calls share. */
function limit(call, random) {
  const what = random.next();
  if (what < 0.1) call.options.timeout = random.pick([0, 1, 10, 100]);
  else if (what < 0.25) call.signal = random.pick([0, 0, 0, 1, 2]);
  else if (what < 0.3) call.signal = 'aborted';
}

function makeFinal({ random, active, kind }) {
  if (!active.has('shutdowns')) return 'shutdown';
  const forced = kind.forces ? ['terminateWorkers', 'killWorkers'] : [];
  return random.pick([
    'shutdown',
    'dispose',
    'cancel',
    'again',
    'fromTask',
    'forget',
    'exit',
    ...forced,
  ]);
}
