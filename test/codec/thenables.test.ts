/** What has to be awaited can't be sent: not as an argument, not as a part of one, and not in a result. */
// oxlint-disable unicorn/no-thenable, unicorn/consistent-function-scoping -- thenables are what it is about
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { Future, InlineExecutor, PicklingError } from 'concurrent-futures';
import { echo } from '../fixtures/tasks.ts';
import { managedProcesses, workerBackends } from '../support/backends.ts';

class Query {
  readonly sql = 'select 1';
  // oxlint-disable-next-line unicorn/no-thenable, class-methods-use-this -- this is what it is about
  then(settle: (rows: number[]) => void): void {
    settle([1]);
  }
}

const settled = new Future<number>();
settled.setResult(1);

const thenables: readonly (readonly [string, object])[] = [
  ['a Future', settled],
  ['a Promise', Promise.resolve(1)],
  ['a Deferred', new (class Deferred extends Promise<number> {})((resolve) => resolve(1))],
  ['a Query', new Query()],
];

const places: readonly (readonly [string, (each: object) => unknown])[] = [
  ['by itself', (each) => each],
  ['in an object', (each) => ({ a: { each } })],
  ['in an array', (each) => [[1, each]]],
  ['in a map', (each) => new Map([[each, 1]])],
  ['in a set', (each) => new Set([each])],
  ['in an instance', (each) => new (class Box { readonly inside = each; })()], // prettier-ignore
  ['beside what only a message carries', (each) => [/x/, each]],
  ['as the cause of an error', (each) => new Error('e', { cause: each })],
];

const number = 1;

for (const backend of [...workerBackends, managedProcesses]) {
  suite(backend.name, () => {
    const make = (): ReturnType<typeof backend.make> => backend.make({ maxWorkers: 1 });

    for (const [name, each] of thenables) {
      test(`${name} is refused as an argument, and wherever it is in one`, async () => {
        await using pool = make();
        for (const [place, put] of places) {
          const error = await pool.submit(echo, put(each)).exception();
          assert.ok(error instanceof PicklingError, place);
          assert.equal(error.code, 'ERR_PROMISE');
          assert.match(error.message, new RegExp(`Can't send ${name}\\. Await it first`));
          const beside = await pool
            .submit((given: unknown) => [given, number], put(each))
            .exception();
          assert.ok(beside instanceof PicklingError);
          assert.equal(beside.code, 'ERR_PROMISE');
        }
        assert.equal(await pool.submit(echo, 'next'), 'next');
      });

      test(`${name} is refused as a captured variable`, async () => {
        await using pool = make();
        const error = await pool.submit(() => [each]).exception();
        assert.ok(error instanceof PicklingError);
        assert.equal(error.code, 'ERR_PROMISE');
      });
    }

    test('one in a result fails the call, and in a chunk its item', async () => {
      await using pool = make();
      const inResult = (n: number): unknown => {
        class Later {
          // oxlint-disable-next-line unicorn/no-thenable, class-methods-use-this
          then(): void {}
        }
        return n === 1 ? { list: [new Later()] } : { list: [n, /x/] };
      };
      const error = await pool.submit(inResult, 1).exception();
      assert.ok(error instanceof PicklingError);
      assert.match(error.message, /Can't send a Later\. Await it first/);
      const results = pool.with({ chunkSize: 3 }).map(inResult, [0, 1, 2]);
      assert.deepEqual(await results.next(), { done: false, value: { list: [0, /x/] } });
      await assert.rejects(Promise.resolve(results.next()), /Can't send a Later\. Await it first/);
      assert.deepEqual(await results.next(), { done: false, value: { list: [2, /x/] } });
    });
  });
}

test('an object with a property `then` that is no function is plain data', async () => {
  for (const backend of workerBackends) {
    await using pool = backend.make({ maxWorkers: 1 });
    assert.deepEqual(await pool.submit(echo, { then: 'tea', milk: /x/ }), {
      then: 'tea',
      milk: /x/,
    });
  }
});

test('an InlineExecutor passes them as they are', async () => {
  await using pool = new InlineExecutor();
  for (const [, each] of thenables) {
    const [back] = await pool.submit((given: object[]) => given, [each]);
    assert.ok(back === each);
  }
});

test('the text of a future is what inspect shows', () => {
  assert.equal(String(settled), inspect(settled));
  assert.match(String(settled), /^<Future #\d+ finished returned number>$/);
  assert.equal(Object.prototype.toString.call(settled), '[object Future]');
});
