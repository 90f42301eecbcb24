/** Calls that submit calls to their own pool. */
import { fatal } from './fatal-calls.mjs';
import { harmless } from './harmless-calls.mjs';
import * as tasks from './tasks.mjs';

/** Calls that need a view of the pool, or the parent, can't be made in a worker. */
const fits = (call) =>
  call.transfer === undefined && call.output === undefined && call.module === undefined;

/** Exports only: functions that tasks submit by value are covered by the tests of functions. */
const exported = new Set(Object.values(tasks));
const isExport = ({ fn }) => exported.has(fn);

const plain = ({ kind }) =>
  harmless.filter(({ group, isolated }) => group === undefined && (kind.isolated || !isolated));

function makeInner(context) {
  const { random, active } = context;
  const id = context.nextId();
  const lethal = fatal.filter(({ group, fits: suits }) => active.has(group) && suits(context));
  if (lethal.length > 0 && random.chance(0.15)) {
    const call = random.weighted(lethal).make(id, context);
    return { id, ...call };
  }
  for (;;) {
    const call = random.weighted(plain(context)).make(id, context);
    if (fits(call) && isExport(call))
      return { id, ...call, cancel: active.has('cancels') && random.chance(0.2) };
  }
}

export const nested = [
  {
    weight: 4,
    make(id, context) {
      const { random } = context;
      const how = random.pick(['together', 'one by one']);
      const inner = random.list(random.int(1, 5), () => makeInner(context));
      const sent = inner.map(({ fn, args, cancel }) => ({ fn, args, cancel }));
      return { fn: tasks.nests, args: [id, sent, how], expect: { inner }, inner };
    },
  },
  {
    weight: 1,
    isolated: true,
    make(id, context) {
      const inner = context.random.list(context.random.int(1, 3), () => makeInner(context));
      const sent = inner.map(({ fn, args }) => ({ fn, args }));
      for (const call of inner) call.cancel = false;
      return {
        fn: tasks.nests,
        args: [id, sent, 'blocking'],
        expect: { inner },
        inner: inner.map((call) => Object.assign(call, { mayDeadlock: true })),
      };
    },
  },
  {
    weight: 2,
    make(id, context) {
      const depth = context.random.int(1, 5);
      const inner = context.random.list(depth, () => ({
        id: context.nextId(),
        fn: tasks.deepens,
        hidden: true,
      }));
      return {
        fn: tasks.deepens,
        args: [id, depth],
        expect: { value: depth + 1 },
        inner,
        passesOn: true,
      };
    },
  },
];
