/** What functions have captured comes along, as it is at the moment of submit. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { workerBackends } from '../support/backends.js';
import { runCases } from '../support/by-value.js';

const topLevel = { deep: { er: [1, { n: 2 }] } };
const $dollar = 1;
const größe = 2;
const 名前 = 3;
/** Globals of other environments, which here are variables like any other. */
const status = 'a variable';
const self = 'another';
const fetch = (): string => 'not the global one';
const late = 'outer';

const first = (n: number): number => second(n) + 1;
const second = (n: number): number => third(n) * 2;
const third = (n: number): number => n + topLevel.deep.er.length;

/** As compilers and coverage tools write them: the first call puts something else in its place. */
let helper = (): (() => string) => {
  const made = (): string => 'made once';
  helper = () => made;
  return made;
};

runCases('captures', {
  'constants and variables': () => {
    const a = 1;
    let b = 2;
    b += 1;
    return [() => [a, b], [1, 3]];
  },
  'an object of the top level, however deep': () => [() => topLevel, topLevel],
  'a chain of helpers': () => [() => first(1), 7],
  'a helper that replaces itself': () => [
    () => [helper()(), helper()()],
    ['made once', 'made once'],
  ],
  'an array of closures': () => {
    const list = [1, 2, 3].map((n) => (a: number) => a * n);
    return [() => list.map((each) => each(10)), [10, 20, 30]];
  },
  'an object that refers to a function that refers to the object': () => {
    const itself = { n: 5, get: (): number => itself.n, self: undefined as unknown };
    itself.self = itself;
    return [() => [itself.get(), itself.self === itself], [5, true]];
  },
  'two functions that share an object': () => {
    const shared = { n: 0 };
    const inc = (): number => ++shared.n;
    const get = (): number => shared.n;
    return [() => [inc(), inc(), get()], [1, 2, 2]];
  },
  'one object behind two names': () => {
    const a = { n: 1 };
    const b = [a, { a }] as const;
    return [() => [b[0] === a, b[1].a === a], [true, true]];
  },
  'names with signs and letters of other languages': () => [
    () => [$dollar, größe, 名前],
    [1, 2, 3],
  ],
  'names that globals have as well': () => [
    () => [status, self, fetch()],
    ['a variable', 'another', 'not the global one'],
  ],
  globals: () => [
    () => [typeof process.pid, Math.max(1, 2), typeof structuredClone, Array.isArray([])],
    ['number', 2, 'function', true],
  ],
  'a name that does not exist': () => {
    // oxlint-disable-next-line no-new-func, no-implied-eval -- a compiler would not let it through
    return [new Function('return typeof thereIsNoSuchThing') as () => unknown, 'undefined'];
  },
  'a parameter that hides a variable': () => [() => ((late: string) => late)('inner'), 'inner'],
  'a variable in a block that hides one outside': () => [
    () => {
      const seen = [late];
      {
        const late = 'inner';
        seen.push(late);
      }
      return seen;
    },
    ['outer', 'inner'],
  ],
  'a variable that hides one of the function around it': () => {
    const late = 'between';
    return [() => late, 'between'];
  },
  'properties and labels that are called as a variable is': () => {
    const unused = { late: 'property' };
    return [
      () => {
        late: for (;;) break late;
        return unused.late;
      },
      'property',
    ];
  },
  'shorthand properties and template literals': () => [
    () => [{ late }, `${late} ${`${größe}`}`],
    [{ late: 'outer' }, 'outer 2'],
  ],
  'what is caught': () => {
    let fn: () => unknown = () => undefined;
    try {
      throw new Error('caught');
    } catch (error) {
      fn = () => (error as Error).message;
    }
    return [fn, 'caught'];
  },
  'arguments of the function around it, by their names': () => {
    const make =
      (a: number, { b }: { b: number }, ...rest: number[]): (() => unknown) =>
      () => [a, b, rest];
    return [make(1, { b: 2 }, 3, 4), [1, 2, [3, 4]]];
  },
  'a closure that only another closure uses': () => {
    const used = 1;
    const inner = (): number => used;
    return [() => (() => inner())(), 1];
  },
  'names that the format itself uses': () => {
    const $cf_ready = 1;
    const $cf_late = 2;
    const $cf_meta = 3;
    const $cf_super = 4;
    return [() => [$cf_ready, $cf_late, $cf_meta, $cf_super], [1, 2, 3, 4]];
  },
  'words that are reserved in strict code only': () => {
    // oxlint-disable-next-line no-new-func, no-implied-eval -- the way to sloppy code from a module
    const make = new Function(
      'const let_ = 1; var package = 2, static = 3; return () => [package, static]',
    ) as () => () => unknown;
    return [make(), [2, 3]];
  },
});

for (const backend of workerBackends) {
  suite(`captures and arguments (${backend.name})`, () => {
    const pool = backend.make({ maxWorkers: 1 });
    after(() => pool.shutdown());

    test('one object that is captured and given as an argument is one object there', async () => {
      const shared = { n: 1, call: () => 1 };
      const compare = (given: unknown): boolean => given === shared;
      assert.equal(await pool.submit(compare, shared), true);
      const plain = { n: 1 };
      const comparePlain = (given: unknown): boolean => given === plain;
      assert.equal(await pool.submit(comparePlain, plain), true);
      const inside = { plain };
      const compareInside = (given: { plain: unknown }): boolean => given.plain === plain;
      assert.equal(await pool.submit(compareInside, inside), true);
    });

    test('a captured list may be deeper than the stack', async () => {
      interface Link {
        readonly next: Link | undefined;
        readonly f?: () => number;
      }
      let list: Link | undefined;
      for (let i = 0; i < 20_000; i++) list = { next: list };
      const end = list;
      const depth = (): number => {
        let found = 0;
        for (let at = end; at !== undefined; at = at.next) found++;
        return found;
      };
      assert.equal(await pool.submit(depth), 20_000);
    });

    test('closures may use one another in a chain that is deeper than the stack', async () => {
      let chain: () => (() => unknown) | number = () => 0;
      for (let i = 0; i < 5000; i++) {
        const next = chain;
        chain = () => next;
      }
      const whole = chain;
      const length = (): number => {
        let found = 0;
        for (let at: unknown = whole; typeof at === 'function'; at = (at as () => unknown)())
          found++;
        return found;
      };
      assert.equal(await pool.submit(length), 5001);
    });

    test('large data comes along whole', async () => {
      const numbers = Array.from({ length: 100_000 }, (_, i) => i);
      const records = numbers.slice(0, 5000).map((id) => ({ id, name: `n${id}` }));
      const bytes = new Float64Array(100_000).fill(0.5);
      const sum = (): unknown[] => [
        numbers.reduce((a, b) => a + b),
        records.length,
        records.at(-1),
        bytes.reduce((a, b) => a + b),
      ];
      assert.deepEqual(await pool.submit(sum), [
        4_999_950_000,
        5000,
        { id: 4999, name: 'n4999' },
        50_000,
      ]);
    });

    test('a scope with twenty thousand variables, and a function of 100 KB', async () => {
      const names = Array.from({ length: 20_000 }, (_, i) => `v${i}`);
      const text = `${names.map((name, i) => `const ${name} = ${i};`).join('')}
        const all = () => eval; return () => v0 + v19999;`;
      // oxlint-disable-next-line no-new-func, no-implied-eval -- nobody writes that by hand
      const wide = (new Function(text) as () => () => number)();
      assert.equal(await pool.submit(wide), 19_999);
      const filler = '/* 0123456789 `${}` */ n += 1;\n'.repeat(3500);
      // oxlint-disable-next-line no-new-func, no-implied-eval -- nobody writes that by hand
      const long = new Function(`let n = 0;\n${filler}return n;`) as () => number;
      assert.ok(Function.prototype.toString.call(long).length > 100_000);
      assert.equal(await pool.submit(long), 3500);
    });
  });
}
