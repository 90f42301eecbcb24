/** What travelling by value can't do, and what the user gets instead: written down case by case. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { PicklingError } from 'concurrent-futures';
import { countCalls } from '../fixtures/functions/exported-forms.js';
import { workerBackends } from '../support/backends.js';
import { importText } from '../support/modules.js';

const major = Number(process.versions.node.split('.')[0]);
let ofThisScript = 0;

for (const backend of workerBackends) {
  suite(`limits (${backend.name})`, () => {
    const pool = backend.make({ maxWorkers: 1 });
    after(() => pool.shutdown());

    const failure = async (fn: () => unknown): Promise<PicklingError> => {
      const error = await pool.submit(fn).exception();
      assert.ok(error instanceof PicklingError, String(error));
      return error;
    };

    let sum = 0;
    const add = (n: number): number => (sum += n);
    const assigning: Record<string, () => unknown> = {
      'with =': () => (sum = 1),
      'with +=': () => (sum += 1),
      'with ++': () => sum++,
      'of a variable of the top level': () => ofThisScript++,
      'in a pattern': () => ([sum] = [1]),
      'in a loop': () => {
        for (sum of [1, 2]);
      },
      'in a function inside': () => [1, 2].forEach((n) => (sum += n)),
      'in a function that it calls': () => add(1),
      'after an await': async () => {
        await Promise.resolve();
        sum = 1;
      },
      'in a function of the old kind': function () {
        sum = 1;
      },
    };
    for (const [name, fn] of Object.entries(assigning)) {
      test(`a captured variable can't be assigned, ${name}`, async () => {
        const error = await failure(fn);
        assert.equal(error.code, 'ERR_READONLY_CAPTURE');
        assert.match(error.message, /assigns to '(sum|ofThisScript)'.*return the value instead/);
        assert.equal(sum, 0);
      });
    }

    test('returning the value instead works', async () => {
      const start = sum;
      assert.equal(await pool.submit((n: number) => start + n, 5), 5);
    });

    test('a result that is kept in a captured variable is refused: the next call would not see it', async () => {
      let memo: number | undefined;
      const error = await failure(() => (memo ??= 1));
      assert.equal(error.code, 'ERR_READONLY_CAPTURE');
    });

    test("a task's own error of the same kind stays what it is", async () => {
      const call = pool.submit(() => {
        sum = Number('1');
        throw new TypeError('own');
      });
      assert.equal(((await call.exception()) as PicklingError).code, 'ERR_READONLY_CAPTURE');
      const other = pool.submit(() => {
        if (sum > 100) sum = 0;
        throw new TypeError('own');
      });
      assert.match(String(await other.exception()), /^TypeError: own/);
    });

    test('objects are copies: what is changed there is unchanged here, and in the next call', async () => {
      const list = [1];
      const push = (): number => list.push(2);
      assert.equal(await pool.submit(push), 2);
      assert.deepEqual(list, [1]);
      assert.equal(await pool.submit(push), 2);
    });

    test('two calls do not share what they have captured, not even a class', async () => {
      class Mine {}
      const make = (): boolean => {
        const shared = globalThis as { last?: object };
        const isSame = shared.last !== undefined && shared.last instanceof Mine;
        shared.last = new Mine();
        return isSame;
      };
      assert.equal(await pool.submit(make), false);
      assert.equal(await pool.submit(make), false);
    });

    test('what an imported module remembers is shared by the calls of one worker', async () => {
      const remember = (): number => countCalls();
      const before = await pool.submit(remember);
      assert.equal(await pool.submit(remember), before + 1);
    });

    test('instances of local classes come back without their class', async () => {
      class Result {
        readonly n = 1;
      }
      const result = await pool.submit(() => new Result());
      assert.deepEqual({ ...result }, { n: 1 });
      assert.equal(result instanceof Result, false);
    });

    test('functions do not come back', async () => {
      const error = await failure(() => () => 1);
      assert.equal(error.code, 'ERR_CLONE');
    });

    test('what was made global while the program ran is missing there', async (t) => {
      Object.assign(globalThis, { helperOfThisTest: () => 1 });
      t.after(() => Reflect.deleteProperty(globalThis, 'helperOfThisTest'));
      // oxlint-disable-next-line no-new-func, no-implied-eval -- a compiler would not let it through
      const fn = new Function('return helperOfThisTest()') as () => unknown;
      const error = await pool.submit(fn).exception();
      assert.match(String(error), /ReferenceError: helperOfThisTest is not defined/);
    });

    test('an export that was replaced is there what its module starts with', async (t) => {
      const text = `
        export let current = () => 'at first';
        export const change = () => { current = () => 'changed'; };`;
      const { module } = await importText(t, 'changes.mjs', text);
      module['change']!();
      assert.equal(module['current']!(), 'changed');
      assert.equal(await pool.submit(module['current']!), 'at first');
    });

    test('private fields that a compiler has made WeakMaps of are refused as those', async () => {
      const secrets = new WeakMap<object, number>();
      class Compiled {
        constructor() {
          secrets.set(this, 1);
        }
        get(): number {
          return secrets.get(this) ?? 0;
        }
      }
      const error = await failure(() => new Compiled().get());
      assert.equal(error.code, 'ERR_WEAK');
      assert.match(error.message, /→ captured variable 'Compiled' → captured variable 'secrets'/);
    });

    test('wrappers that are made of functions travel with what they wrap', async () => {
      const curry = (f: (a: number, b: number) => number) => (a: number) => (b: number) => f(a, b);
      const limit = <A extends unknown[], R>(f: (...args: A) => R) => {
        const calls = { left: 2 };
        return (...args: A): R | undefined => (calls.left-- > 0 ? f(...args) : undefined);
      };
      const limited = limit(curry((a, b) => a * b)(3));
      assert.equal(await pool.submit(limited, 4), 12);
      assert.deepEqual(await pool.submit(() => [1, 2, 3].map((n) => limited(n))), [
        3,
        6,
        undefined,
      ]);
    });

    test('a regular expression begins anew', async () => {
      const pattern = /a/g;
      pattern.lastIndex = 5;
      assert.equal(await pool.submit(() => pattern.lastIndex), 0);
    });

    test('a variable that has no value yet is refused; up to Node 20 it is undefined', async () => {
      const call = pool.submit(() => later);
      const later = 1;
      if (major < 22) return assert.equal(await call, undefined);
      const error = await call.exception();
      assert.ok(error instanceof PicklingError);
      assert.equal(error.code, 'ERR_TDZ');
      assert.match(error.message, /uses 'later' before .*Submit it after the declaration has run/);
      assert.match(error.message, /→ captured variable 'later'$/);
      return assert.equal(await pool.submit(() => later), 1);
    });
  });
}
