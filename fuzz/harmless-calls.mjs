/** Calls that must return their value, whatever happens to others. */
import { begin, end } from './marks.mjs';
import * as tasks from './tasks.mjs';
import { bytes, randomValue } from './values.mjs';

/** @returns a call that must return `value`. */
function returns(fn, args, value) {
  return { fn, args, expect: { value } };
}

/** `await` reads the value of a native promise itself, with any `then` that code has given it. */
function promisesTwice(id) {
  const check = (value) => value === id || value === undefined || 'is of its second call back';
  return { fn: tasks.settlesTwice, args: [id], expect: { check } };
}

/** Functions that travel by value, in different ways. They use nothing that other tasks replace. */
const closures = [
  (id, random) => {
    const captured = { factor: random.int(1, 9), table: new Map([['a', 1]]) };
    return returns(
      (x) => {
        begin(id);
        end(id);
        return x * captured.factor + captured.table.size;
      },
      [id],
      id * captured.factor + 1,
    );
  },
  (id, random) => {
    const offset = random.int(1, 9);
    const add = (x) => x + offset;
    async function adds(x) {
      begin(id);
      // oxlint-disable-next-line unicorn/no-unnecessary-await, typescript/await-thenable -- a turn that needs no global
      await null;
      end(id);
      return add(x);
    }
    return returns(adds, [1], 1 + offset);
  },
  (id) => {
    class Counter {
      #count = 0;
      up() {
        return ++this.#count;
      }
    }
    const counts = () => {
      begin(id);
      const counter = new Counter();
      counter.up();
      end(id);
      return counter.up();
    };
    return returns(counts, [], 2);
  },
  (id) => {
    // oxlint-disable-next-line typescript/no-implied-eval -- text that no file has
    const made = new Function(
      'begin',
      'end',
      `return (x) => { begin(${id}); end(${id}); return x; }`,
    );
    return returns(made(begin, end), [id], id);
  },
];

/** A call that takes almost no time, and leaves no marks. */
export function makeNoop(id) {
  return { id, ...returns(Math.max, [1, id], Math.max(1, id)), unmarked: true };
}

/**
 * `make(id, context)` makes a call; `weight` is its frequency; `isolated` and `local` exclude pools that can't take it.
 */
export const harmless = [
  {
    weight: 12,
    make(id, { random }) {
      const value = randomValue(random);
      return returns(tasks.echo, [id, value], value);
    },
  },
  { weight: 8, make: (id) => returns(tasks.echo, [id, id], id) },
  {
    weight: 6,
    make(id, { random }) {
      const value = randomValue(random, 1);
      return returns(tasks.later, [id, value, random.int(0, 60)], value);
    },
  },
  { weight: 3, make: (id, { random }) => returns(tasks.spin, [id, id, random.int(0, 15)], id) },
  { weight: 3, make: (id, { random }) => returns(tasks.block, [id, id, random.int(1, 20)], id) },
  { weight: 5, make: (id, { random }) => random.pick(closures)(id, random) },
  { weight: 2, make: makeNoop },
  {
    weight: 2,
    isolated: true,
    make: (id) => ({ ...returns(tasks.echo, [id, id], id), module: './tasks.mjs' }),
  },
  { weight: 2, group: 'thenables', make: (id) => promisesTwice(id) },
  { weight: 2, group: 'thenables', make: (id) => returns(tasks.callsBackTwice, [id, id], id) },
  { weight: 2, group: 'thenables', make: (id) => returns(tasks.oddThenable, [id, id], id) },
  {
    weight: 1,
    make(id, { random }) {
      const depth = random.int(1, 1500);
      const check = (value) => tasks.depthOf(value) === depth || 'has another depth';
      return { fn: tasks.deepResult, args: [id, depth], expect: { check } };
    },
  },
  {
    weight: 2,
    isolated: true,
    make: (id, { plan }) => returns(tasks.initializedTimes, [id], plan.initialized),
  },
  {
    weight: 2,
    make(id, { random }) {
      const given = bytes(random, random.int(0, 40_000));
      return returns(tasks.digest, [id, given], tasks.digestOf(given));
    },
  },
  {
    weight: 1,
    group: 'huge',
    make(id, { random }) {
      const given = bytes(random, random.int(1, 6) << 20);
      return returns(tasks.digest, [id, given], tasks.digestOf(given));
    },
  },
  {
    weight: 1,
    group: 'huge',
    make(id, { random }) {
      const length = random.int(1, 6) << 20;
      const fill = random.int(0, 255);
      const check = (value) =>
        (value.length === length && value[0] === fill && value.at(-1) === fill) ||
        'has other bytes';
      return { fn: tasks.manyBytes, args: [id, length, fill], expect: { check } };
    },
  },
  {
    weight: 3,
    isolated: true,
    local: true,
    make(id, { random }) {
      const given = bytes(random, random.pick([1, 100, 70_000, 2 << 20]));
      const expected = given.slice();
      expected[0] ^= 0xff;
      return { ...returns(tasks.giveBack, [id, given], expected), transfer: given.buffer };
    },
  },
  {
    weight: 3,
    isolated: true,
    local: true,
    make(id, { random }) {
      const lines = random.list(
        random.int(1, 6),
        (i) => `${'é'.repeat(random.int(0, 50))} ${id} ${i}\n`,
      );
      const output = {
        stdout: lines.filter((_, i) => i % 2 === 0).join(''),
        stderr: lines.filter((_, i) => i % 2 === 1).join(''),
      };
      return { ...returns(tasks.writes, [id, lines, random.int(0, 3)], lines.length), output };
    },
  },
];
