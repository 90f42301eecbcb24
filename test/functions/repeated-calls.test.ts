/** The same function, submitted again: what is remembered of it must not show. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { currentExecutor, PicklingError } from 'concurrent-futures';
import { callWith } from '../fixtures/untagged.js';
import { workerBackends } from '../support/backends.js';

class Point {
  readonly x: number;

  constructor(x: number) {
    this.x = x;
  }

  double(): number {
    return 2 * this.x;
  }
}

for (const backend of workerBackends) {
  suite(`repeated calls (${backend.name})`, () => {
    const pool = backend.make({ maxWorkers: 1 });
    after(() => pool.shutdown());

    test('a function that was called with a number is then called with a function', async () => {
      const call = (f: unknown): unknown => (typeof f === 'function' ? (f as () => unknown)() : f);
      assert.equal(await pool.submit(call, 1), 1);
      assert.equal(await pool.submit(call, () => 2), 2);
      assert.equal(await pool.submit(call, 3), 3);
    });

    test('an instance is one of its class, whatever the function was called with before', async () => {
      const double = (value: unknown): unknown =>
        typeof value === 'number' ? 2 * value : (value as Point).double();
      assert.equal(await pool.submit(double, 1), 2);
      assert.equal(await pool.submit(double, new Point(2)), 4);
      assert.equal(await pool.submit(double, { double: () => 6 } as never), 6);
    });

    test('an argument may be nested deeper than the stack, whatever came before', async () => {
      interface Link {
        readonly next: Link | undefined;
      }
      const depth = (list: Link | undefined): number => {
        let found = 0;
        for (let at = list; at !== undefined; at = at.next) found++;
        return found;
      };
      let list: Link | undefined;
      for (let i = 0; i < 20_000; i++) list = { next: list };
      assert.equal(await pool.submit(depth, undefined), 0);
      assert.equal(await pool.submit(depth, list), 20_000);
    });

    test('a function among the arguments of an export has what its variables are now', async () => {
      let n = 1;
      const read = (): number => n;
      assert.equal(await pool.submit(Reflect.apply, read, null, []), 1);
      n = 2;
      assert.equal(await pool.submit(Reflect.apply, read, null, []), 2);
    });

    test('a function whose name can not be read fails nothing, in a task neither', async () => {
      const nested = async (): Promise<unknown> => {
        const inner = (): number => 2;
        Object.defineProperty(inner, 'name', { get: () => assert.fail('it was read') });
        const pool = currentExecutor();
        return pool === undefined ? undefined : [inner(), await pool.submit(inner)];
      };
      const named = (): number => 1;
      Object.defineProperty(named, 'name', { get: () => assert.fail('it was read') });
      assert.equal(await pool.submit(named), 1);
      assert.deepEqual(await pool.submit(nested), [2, 2]);
    });

    test('a captured function that was replaced is the new one in the next call', async () => {
      let helper = (): string => 'first';
      const call = (): string => helper();
      assert.equal(await pool.submit(call), 'first');
      helper = () => 'second';
      assert.equal(await pool.submit(call), 'second');
    });

    test('variables have the values of the moment of submit', async () => {
      let a = 1;
      const list = [1];
      const both = (): [number, number[]] => [a, list];
      const calls = [pool.submit(both)];
      a = 2;
      list.push(2);
      calls.push(pool.submit(both));
      a = 3;
      list.length = 0;
      assert.deepEqual(await Promise.all(calls), [
        [1, [1]],
        [2, [1, 2]],
      ]);
    });

    test('each turn of a loop has variables of its own', async () => {
      const calls = [];
      for (let i = 0; i < 5; i++) {
        const square = i * i;
        calls.push(pool.submit(() => [i, square]));
      }
      assert.deepEqual(
        await Promise.all(calls),
        [0, 1, 2, 3, 4].map((i) => [i, i * i]),
      );
    });

    test('a function among the arguments has the variables of the moment, too', async () => {
      let factor = 2;
      const times = (x: number): number => x * factor;
      assert.equal(await pool.submit(callWith, times, 3), 6);
      factor = 10;
      assert.equal(await pool.submit(callWith, times, 3), 30);
    });

    test('map takes the variables once for all its calls', async () => {
      let factor = 2;
      const results = pool.map((a: number) => a * factor, [1, 2, 3]);
      factor = 10;
      const all: number[] = [];
      for await (const each of results) all.push(each);
      assert.deepEqual(all, [2, 4, 6]);
    });

    test('of a function that cannot travel every item of a map fails, each with an error of its own', async () => {
      const promise = Promise.resolve(1);
      const bad = (item: number): unknown => [promise, item];
      const results = pool.map(bad, [1, 2, 3]);
      const errors: unknown[] = [];
      for (let i = 0; i < 3; i++)
        errors.push(await results.next().catch((error: unknown) => error));
      for (const error of errors) {
        assert.ok(error instanceof PicklingError);
        assert.equal(error.code, 'ERR_PROMISE');
        assert.match(error.message, /at bad \(.*\) → captured variable 'promise'/);
      }
      assert.equal(new Set(errors).size, 3);
      assert.equal(await pool.submit((x: number) => x + 1, 1), 2);
    });

    test('items that come late are called with what was captured when map was', async () => {
      let factor = 2;
      let goOn = (): void => {};
      const moved = new Promise<void>((resolve) => (goOn = resolve));
      async function* items(): AsyncGenerator<number> {
        yield 1;
        await moved;
        yield 2;
      }
      const results = pool.map((x: number) => x * factor, items());
      assert.equal((await results.next()).value, 2);
      factor = 100;
      goOn();
      assert.equal((await results.next()).value, 4);
      assert.equal((await results.next()).done, true);
    });

    test('the same holds for a task that maps on its own pool', async () => {
      const mapping = async (): Promise<unknown> => {
        const { currentExecutor } = await import('concurrent-futures');
        let factor = 2;
        const results = currentExecutor()!.map((x: number) => x * factor, [1, 2, 3]);
        factor = 100;
        return results.toArray();
      };
      assert.deepEqual(await pool.submit(mapping), [2, 4, 6]);
    });
  });
}
