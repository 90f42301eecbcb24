/** The stack of an error: the worker's frames, the worker, and the frames of whoever made the call. */
import assert from 'node:assert/strict';
import { after, beforeEach, suite, test } from 'node:test';
import {
  type Executor,
  type Future,
  RemoteError,
  ThreadPoolExecutor,
  TimeoutError,
} from 'concurrent-futures';
import { exitWith } from '../fixtures/crashing-tasks.js';
import {
  payLater,
  PaymentError,
  payOdd,
  paysForOther,
  throwPayment,
} from '../fixtures/error-classes.js';
import { noop, waitAt } from '../fixtures/tasks.js';
import { backends } from '../support/backends.js';
import { isolatedBackends } from '../support/every-backend.js';
import { closeAfter, makeGate, makePool } from '../support/held.js';

const workerLine = /^at worker (\S+_\d+) \(<anonymous>\)$/;

async function failureOf(future: PromiseLike<unknown>): Promise<Error> {
  try {
    await future;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  throw new Error('it did not fail');
}

/** The functions of a stack, from the inside out; a worker stands as its name in brackets. */
function functionsOf(error: Error): string[] {
  const lines = (error.stack ?? '').split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line.startsWith('at '))
    .map((line) => {
      const worker = workerLine.exec(line)?.[1];
      if (worker !== undefined) return `[${worker}]`;
      return /^at (?:async )?(\S+) \(/.exec(line)?.[1] ?? 'anonymous';
    });
}

/** Asserts that the error has frames of `inWorker`, then the worker, then at once those of `callers`. */
function assertJoined(error: Error, inWorker: string, ...callers: string[]): void {
  const functions = functionsOf(error);
  const worker = functions.findIndex((name) => name.startsWith('['));
  assert.ok(worker > 0, error.stack);
  assert.ok(functions.slice(0, worker).includes(inWorker), error.stack);
  assert.deepEqual(functions.slice(worker + 1, worker + 1 + callers.length), callers, error.stack);
  assert.equal(functions.filter((name) => name.startsWith('[')).length, 1, error.stack);
}

function buy(pool: Executor): Future<never> {
  return pool.submit(throwPayment, 3);
}

async function checkOut(pool: Executor): Promise<void> {
  await buy(pool);
}

async function* slowly(amounts: readonly number[]): AsyncGenerator<number> {
  for (const amount of amounts) yield await Promise.resolve(amount);
}

const realNow = performance.now.bind(performance);
let ahead = 0;

/** With nothing left to spend, only one call in so many looks at the clock. */
const CALLS_PER_LOOK = 64;
const bystander = new ThreadPoolExecutor({ maxWorkers: 1 });
after(() => bystander.shutdown());

/**
 * What may be recorded is a share of the time that goes by, and the test before, or a busy machine, may have
 * used it up: a second goes by before the next call, and has been noticed.
 */
async function letTimePass(): Promise<void> {
  performance.now = () => realNow() + ahead;
  for (let calls = 0; calls < CALLS_PER_LOOK; calls++) {
    ahead += 1000;
    await bystander.submit(noop);
  }
  ahead += 1000;
}

for (const backend of isolatedBackends) {
  const { name } = backend;

  suite(`frames of the caller (${name})`, () => {
    beforeEach(letTimePass);
    after(() => {
      performance.now = realNow;
    });

    test('submit: the worker, and whoever called submit', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1, threadNamePrefix: 'shop' });
      const error = await failureOf(checkOut(pool));
      assert.ok(error instanceof PaymentError);
      assertJoined(error, 'throwPayment', 'buy', 'checkOut');
      assert.ok(functionsOf(error).includes('[shop_0]'));
    });

    test('the RemoteError at the end has the stack of the worker alone', async (t) => {
      const error = await failureOf(checkOut(makePool(t, backend, { maxWorkers: 1 })));
      const remote = (error.cause as Error).cause;
      assert.ok(remote instanceof RemoteError);
      const [before = '', behind] = (error.stack ?? '').split(`\n    at worker ${remote.worker} (`);
      assert.notEqual(behind, undefined);
      const whole = remote.stack ?? '';
      assert.ok(whole.startsWith(before));
      assert.match(whole, /-entry\.[cm]js/);
      assert.doesNotMatch(before, /-entry\.[cm]js/, 'how the worker came to call it is left out');
      assert.doesNotMatch(whole, /checkOut|at worker/);
    });

    test('an async task', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      async function later(): Promise<never> {
        return await pool.submit(payLater);
      }
      assertJoined(await failureOf(later()), 'payLater', 'later');
    });

    test('a call of a module, and a view with options', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      const url = new URL('../fixtures/error-classes.js', import.meta.url);
      const shop = pool.module<typeof import('../fixtures/error-classes.js')>(url);
      async function orderByName(): Promise<void> {
        await shop.throwPayment(1);
      }
      assertJoined(await failureOf(orderByName()), 'throwPayment', 'orderByName');
      async function orderInTime(): Promise<void> {
        await pool.with({ timeout: 60_000 }).submit(throwPayment, 1);
      }
      assertJoined(await failureOf(orderInTime()), 'throwPayment', 'orderInTime');
    });

    const skip = backend.blocks ? false : 'nobody can block on such a call';
    test('a call that is blocked on', { skip }, (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      function blocking(): unknown {
        return pool.submit(throwPayment, 1).exceptionSync();
      }
      assertJoined(blocking() as Error, 'throwPayment', 'blocking');
    });

    test("a program's own subclass is one of the callers", async (t) => {
      class Shop extends backend.executorClass {
        override submit<A extends unknown[], R>(
          fn: (...args: A) => R,
          ...args: A
        ): Future<Awaited<R>> {
          return super.submit(fn, ...args);
        }
      }
      const shop = closeAfter(t, new Shop({ maxWorkers: 1 }));
      const error = await failureOf(checkOut(shop));
      assertJoined(error, 'throwPayment', 'Shop.submit', 'buy', 'checkOut');
      async function payEach(): Promise<number[]> {
        return await shop.map(payOdd, [1]).toArray();
      }
      assertJoined(await failureOf(payEach()), 'payOdd', 'payEach');
    });

    test('a worker that died, and a time that is over', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      async function toTheEnd(): Promise<void> {
        await pool.submit(exitWith, 3);
      }
      const death = await failureOf(toTheEnd());
      assert.ok(death instanceof backend.brokenClass);
      assert.ok(functionsOf(death).includes('toTheEnd'), death.stack);
      const gate = makeGate(t);
      async function tooLong(): Promise<void> {
        await pool.with({ timeout: 1 }).submit(waitAt, gate.address, 0);
      }
      const late = await failureOf(tooLong());
      assert.ok(late instanceof TimeoutError);
      assert.ok(functionsOf(late).includes('tooLong'), late.stack);
      gate.open();
    });

    for (const chunkSize of [1, 2]) {
      test(`map: every item that fails, in chunks of ${chunkSize}`, async (t) => {
        const pool = makePool(t, backend, { maxWorkers: 1 });
        async function payAll(): Promise<Error[]> {
          const results = pool.with({ chunkSize }).map(payOdd, [1, 2, 3]);
          const first = await failureOf(results.next());
          await results.next();
          return [first, await failureOf(results.next())];
        }
        for (const error of await payAll()) assertJoined(error, 'payOdd', 'payAll');
      });
    }

    test('map: items that are submitted only when results have been taken', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      async function payAsTheyCome(): Promise<number[]> {
        return await pool
          .with({ bufferSize: 1 })
          .map(payOdd, slowly([2, 4, 1]))
          .toArray();
      }
      assertJoined(await failureOf(payAsTheyCome()), 'payOdd', 'payAsTheyCome');
    });

    test('a call that a task submits to its own pool: both workers, each with its frames', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 2, threadNamePrefix: 'nest' });
      async function outer(): Promise<void> {
        await pool.submit(paysForOther);
      }
      const error = await failureOf(outer());
      assert.ok(error instanceof PaymentError);
      const own = functionsOf(error).filter((each) =>
        /^(throwPayment|paysForOther|outer|\[.*\])$/.test(each),
      );
      assert.equal(own.length, 5, error.stack);
      const [first, inner, second, innermost, last] = own;
      assert.deepEqual([first, second, last], ['throwPayment', 'paysForOther', 'outer']);
      for (const worker of [inner, innermost]) assert.match(worker ?? '', /^\[nest_[01]\]$/);
    });

    test('a program that wants no frames has none added, and its errors still arrive', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      const limit = Error.stackTraceLimit;
      t.after(() => (Error.stackTraceLimit = limit));
      Error.stackTraceLimit = 0;
      const error = await failureOf(checkOut(pool));
      assert.ok(error instanceof PaymentError);
      assert.equal(functionsOf(error).at(-1)?.startsWith('['), true, error.stack);
      assert.equal(Error.stackTraceLimit, 0);
    });

    test('an Error.prepareStackTrace of the program is not taken for what it is not', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      t.after(() => Reflect.deleteProperty(Error, 'prepareStackTrace'));
      Error.prepareStackTrace = (_error, sites) => sites;
      const error = await failureOf(checkOut(pool));
      assert.ok(error instanceof PaymentError);
      assert.equal(typeof error.stack, 'string');
    });

    test('of many calls at once, those without a call site fail like all others', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      const errors = await Promise.all(
        Array.from({ length: 1000 }, () => failureOf(pool.submit(throwPayment, 1))),
      );
      for (const error of errors) {
        assert.ok(error instanceof PaymentError);
        assertJoined(error, 'throwPayment');
      }
    });
  });
}

test('an error that has not left its thread is left as it is (inline)', async (t) => {
  const inline = backends.find(({ isolated }) => !isolated);
  assert.ok(inline);
  const pool = makePool(t, inline);
  const thrown = new PaymentError('the same', { amount: 1 });
  const { stack } = thrown;
  const pay = (): never => {
    throw thrown;
  };
  assert.equal(await failureOf(pool.submit(pay)), thrown);
  assert.equal(await failureOf(pool.submit(pay)), thrown);
  assert.equal(thrown.stack, stack);
  assert.equal(thrown.cause, undefined);
});
