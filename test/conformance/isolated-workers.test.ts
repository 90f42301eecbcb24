/** Workers with a heap of their own, as Python's interpreter pool has them (items 205–216). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as threads from 'node:worker_threads';
import * as library from 'concurrent-futures';
import {
  BrokenThreadPool,
  Executor,
  PicklingError,
  RemoteError,
  ThreadPoolExecutor,
} from 'concurrent-futures';
import { countUp, flagAtExit, readMark, setMark, whoseModule } from '../fixtures/executor-tasks.js';
import {
  Account,
  PaymentError,
  throwCustom,
  throwFunction,
  throwHostile,
  throwUncloneable,
} from '../fixtures/failing-tasks.js';
import { throwAtStart } from '../fixtures/initializers.js';
import { add, echo, fail, noop, waitAt } from '../fixtures/tasks.js';
import { closeAfter, makeGate } from '../support/held.js';
import { runFixture } from '../support/fresh-process.js';
import { WarningLog } from '../support/warning-log.js';

test('#205 each worker has module globals of its own (threads)', async (t) => {
  const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 2 }));
  assert.ok(pool instanceof Executor);
  const gate = makeGate(t);
  const both = [0, 1].map((i) => pool.submit(waitAt, gate.words, i));
  await gate.whenArrived(2);
  gate.open();
  await Promise.all(both);
  const seen = await Promise.all(Array.from({ length: 40 }, () => pool.submit(countUp)));
  for (const thread of new Set(seen.map((each) => each.thread))) {
    const counts = seen.filter((each) => each.thread === thread).map(({ count }) => count);
    assert.deepEqual(
      counts.toSorted((a, b) => a - b),
      Array.from(counts, (_, i) => i + 1),
    );
    assert.notEqual(thread, threads.threadId);
  }
  assert.equal(countUp().count, 1, 'nothing was counted in this thread');
});

test('#205 what a task gets and returns is a copy (threads)', async (t) => {
  const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 1 }));
  const value = { list: [1, 2], when: new Date(0), map: new Map([[1, 'one']]) };
  const copy = await pool.submit(echo<typeof value>, value);
  assert.notEqual(copy, value);
  assert.deepEqual(copy, value);
});

test('#206 the class is always there, like everything that is exported (threads)', () => {
  assert.equal(library.ThreadPoolExecutor, ThreadPoolExecutor);
  assert.ok(Object.keys(library).includes('ThreadPoolExecutor'));
});

test('#207 the prefix of a worker is seen in its errors (threads)', async (t) => {
  const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 1 }));
  const error = await pool.submit(fail, 'x').exception();
  assert.ok(error instanceof Error && error.cause instanceof RemoteError);
  assert.match(error.cause.worker, /^ThreadPoolExecutor-\d+_0$/);
  assert.equal(error.cause.task, 'fail');
});

const secret = 42;
const unreachable: Record<string, () => unknown> = {
  'a closure': () => secret,
  'an anonymous function': (() => () => {})(),
  // oxlint-disable-next-line typescript/unbound-method -- this is the mistake
  'a method': new Account(1).balance,
  'a bound task': add.bind(null, 1, 2),
  'a class': Account as unknown as () => unknown,
  'a function of the runtime': Math.random,
};
for (const [what, fn] of Object.entries(unreachable)) {
  test(`#208 ${what} that no worker can import fails its own future (threads)`, async (t) => {
    const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 1 }));
    const error = await pool.submit(fn).exception();
    assert.ok(error instanceof PicklingError);
    assert.equal(error.code, 'ERR_NOT_REACHABLE');
    assert.match(error.message, /task\(import\.meta\.url/);
    assert.match(error.message, /pool\.module/);
    assert.equal(pool.stats().workers, 0, 'nothing is started for it');
    assert.equal(await pool.submit(add, 1, 2), 3);
  });
}

test('#208 an argument that cannot travel fails its own future, and tells why (threads)', async (t) => {
  const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 1 }));
  const error = await pool.submit(echo<unknown>, { handler: () => secret }).exception();
  assert.ok(error instanceof PicklingError);
  assert.equal(error.code, 'ERR_CLONE');
  assert.match(error.message, /Argument 1 of echo.*could not be cloned/s);
  assert.ok(error.cause instanceof Error);
  assert.equal(await pool.submit(add, 1, 2), 3);
});

test('#209 an error arrives with class, message, fields and cause; last the remote side (threads)', async (t) => {
  const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 1 }));
  const error = await pool.submit(throwCustom, 7).exception();
  assert.ok(error instanceof RangeError);
  assert.equal(error.name, 'PaymentError');
  assert.equal(error.message, 'not enough');
  assert.equal((error as PaymentError).amount, 7);
  const { cause } = error;
  assert.ok(cause instanceof TypeError);
  assert.equal(cause.message, 'the reason');
  assert.ok(cause.cause instanceof RemoteError);
  assert.equal(cause.cause.task, 'throwCustom');
  assert.match(cause.cause.stack ?? '', /failing-tasks/);
});

test('#210 an error that cannot be cloned is not lost (threads)', async (t) => {
  const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 1 }));
  const error = await pool.submit(throwUncloneable).exception();
  assert.ok(error instanceof Error);
  assert.equal(error.message, 'with a socket');
  assert.equal((error as { port?: unknown }).port, 80);
  assert.match(String((error as { socket?: unknown }).socket), /Function/);
  assert.match(String(await pool.submit(throwFunction).exception()), /Function/);
  const hostile = await pool.submit(throwHostile).exception();
  assert.ok(hostile instanceof Error);
  assert.equal(hostile.message, 'hostile');
  assert.equal(await pool.submit(add, 1, 2), 3);
});

test('#211 the initializer works in the worker, not in this thread (threads)', async (t) => {
  const options = { maxWorkers: 1, initializer: setMark, initArgs: ['there'] };
  const pool = closeAfter(t, new ThreadPoolExecutor(options));
  assert.equal((await pool.submit(readMark)).mark, 'there');
  assert.equal(readMark().mark, undefined);
});

test('#212 an initializer that fails, or that no worker can find, breaks the pool (threads)', async (t) => {
  const warnings = new WarningLog(t);
  const failing = closeAfter(
    t,
    new ThreadPoolExecutor({ initializer: throwAtStart, initArgs: ['no'] }),
  );
  const error = await failing.submit(noop).exception();
  assert.ok(error instanceof BrokenThreadPool);
  assert.match((error.cause as Error).stack ?? '', /initializers/);
  const closure = closeAfter(t, new ThreadPoolExecutor({ initializer: () => void secret }));
  const second = await closure.submit(noop).exception();
  assert.ok(second instanceof BrokenThreadPool);
  assert.ok(second.cause instanceof PicklingError);
  assert.match(second.cause.message, /task\(import\.meta\.url/);
  assert.equal(closure.stats().workers, 0);
  await warnings.next('CF_POOL_BROKEN');
});

test('#214 a function runs in its own module (threads)', async (t) => {
  const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 1 }));
  assert.match(await pool.submit(whoseModule), /fixtures\/executor-tasks\.js$/);
});

test('#214 functions of the main module are tasks, too (threads)', async () => {
  const { code, stdout, stderr } = await runFixture('main-module-task', 'threads');
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'true\n', stderr: '' });
});

test("#215 a worker's thread ends in order, and its exit handlers run (threads)", async () => {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    await pool.submit(flagAtExit, flag);
    assert.equal(Atomics.load(flag, 0), 0);
  }
  assert.equal(Atomics.load(flag, 0), 1);
});

test("#216 futures are awaited like promises, with the language's own tools (threads)", async (t) => {
  const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 2 }));
  assert.deepEqual(await Promise.all([pool.submit(add, 1, 2), pool.submit(echo, 'x')]), [3, 'x']);
  const settled = await Promise.allSettled([pool.submit(fail, 'no'), pool.submit(noop)]);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
  const never = new Promise<number>(() => {});
  assert.equal(await Promise.race([never, pool.submit(add, 2, 2)]), 4);
});
