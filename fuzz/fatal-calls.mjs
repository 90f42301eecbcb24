/**
 * Calls that end their worker, or may.
 *
 * `fatal` describes the end: `exitCode` or `signals`; `certain` if the call can't return; `sudden` if the worker has no
 * time to report its calls in hand.
 */
import * as tasks from './fatal-tasks.mjs';
import { bytes } from './values.mjs';

const always = () => true;
const inThreads = ({ kind }) => kind.isolated && !kind.processes;
const inProcesses = ({ kind }) => kind.processes;
const isolated = ({ kind }) => kind.isolated;

/** Earlier tasks may have replaced the function that ends a worker. */
const certain = ({ active }) => !active.has('stubs');

function dies(fn, args, details) {
  return { fn, args, fatal: details };
}

function mayDie(fn, args, value, details) {
  return { fn, args, expect: { value }, fatal: { certain: false, ...details } };
}

const CHANNEL = 3;
const CLAIMS = 4;

export const fatal = [
  {
    weight: 4,
    group: 'exits',
    fits: isolated,
    make(id, context) {
      const exitCode = context.random.int(0, 200);
      return dies(tasks.exits, [id, exitCode], { exitCode, certain: certain(context) });
    },
  },
  {
    weight: 3,
    group: 'exits',
    fits: isolated,
    make(id, context) {
      const exitCode = context.random.int(0, 200);
      const ms = context.random.int(0, 30);
      return dies(tasks.exitsLater, [id, exitCode, ms], { exitCode, certain: certain(context) });
    },
  },
  {
    weight: 2,
    group: 'exits',
    fits: isolated,
    make: (id) => mayDie(tasks.exitsBehind, [id, 12, id], id, { exitCode: 12 }),
  },
  {
    weight: 2,
    group: 'exits',
    fits: isolated,
    make: (id, context) =>
      dies(tasks.exitsInGetter, [id, context.random.pick([0, 100_000])], {
        exitCode: 6,
        certain: certain(context),
      }),
  },
  {
    weight: 2,
    group: 'exits',
    fits: inProcesses,
    make: (id) => dies(tasks.aborts, [id], { signals: ['SIGABRT'], certain: true, sudden: true }),
  },
  {
    weight: 3,
    group: 'exits',
    fits: inProcesses,
    make(id, { random }) {
      const signal = random.pick(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGHUP']);
      return dies(tasks.killsItself, [id, signal], {
        signals: [signal],
        certain: true,
        sudden: true,
      });
    },
  },
  {
    weight: 3,
    group: 'memory',
    fits: always,
    make: (id) => dies(tasks.exhausts, [id], { anyEnd: true, certain: true, sudden: true }),
  },
  {
    weight: 3,
    group: 'late',
    fits: isolated,
    make: (id, { random }) =>
      mayDie(tasks.throwsLate, [id, random.int(0, 30), id], id, { exitCode: 1 }),
  },
  {
    weight: 2,
    group: 'late',
    fits: isolated,
    make: (id) => mayDie(tasks.rejectsUnhandled, [id, id], id, { exitCode: 1 }),
  },
  {
    weight: 3,
    group: 'garbage',
    fits: inProcesses,
    make(id, { random }) {
      const mess = random.pick([
        Buffer.from('debug: something that was to go to the log\n'),
        new Uint8Array(random.int(1, 2000)),
        bytes(random, random.int(1, 60)),
      ]);
      const args = [id, CHANNEL, mess, random.chance(0.5), id];
      return mayDie(tasks.scribbles, args, id, { anyEnd: true, sudden: true });
    },
  },
  {
    weight: 2,
    group: 'garbage',
    fits: inProcesses,
    make: (id, { random }) =>
      mayDie(tasks.closesDescriptor, [id, random.pick([CHANNEL, CLAIMS]), id], id, {
        anyEnd: true,
        sudden: true,
      }),
  },
  {
    weight: 3,
    group: 'garbage',
    fits: inThreads,
    make(id, { random }) {
      const message = random.pick([
        'close',
        'text',
        null,
        { kind: 'nonsense' },
        { kind: 'settled', call: 1, outcome: { kind: 'value', value: 'forged' } },
      ]);
      return mayDie(tasks.usesPort, [id, message, id], id, { anyEnd: true, sudden: true });
    },
  },
];
