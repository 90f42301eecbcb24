/** Workers with a heap of their own, as Python's interpreter pool has them (items 205–216). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as library from 'concurrent-futures';
import { Executor, PicklingError, RemoteError } from 'concurrent-futures';
import * as cluster from 'concurrent-futures/cluster';
import { resultThatThrows } from '../fixtures/crashing-tasks.js';
import {
  countUp,
  readMark,
  recordAtExit,
  setMark,
  whoseModule,
} from '../fixtures/executor-tasks.js';
import {
  PaymentError,
  throwCustom,
  throwFunction,
  throwHostile,
  throwUncloneable,
} from '../fixtures/failing-tasks.js';
import { throwAtStart } from '../fixtures/initializers.js';
import { add, echo, fail, noop, waitAt, whichWorker } from '../fixtures/tasks.js';
import { isolatedBackends, lacks } from '../support/every-backend.js';
import { runFixtureOn } from '../support/fresh-process.js';
import { makeGate, makePool } from '../support/held.js';
import { listed, makeList } from '../support/lists.js';
import { WarningLog } from '../support/warning-log.js';

const secret = 42;
const readSecret = (): void => void secret;
const local: Record<string, () => unknown> = {
  'a closure': readSecret,
  'an anonymous function': (() => () => {})(),
  // oxlint-disable-next-line typescript/unbound-method -- passed on without its object on purpose
  'a method': { balance: (): number => secret }.balance,
};

async function remoteError(pool: Executor): Promise<RemoteError> {
  const error = await pool.submit(fail, 'x').exception();
  assert.ok(error instanceof Error && error.cause instanceof RemoteError);
  return error.cause;
}

for (const backend of isolatedBackends) {
  const { name, brokenClass } = backend;

  test(`#205 each worker has module globals of its own (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    assert.ok(pool instanceof Executor);
    const before = countUp().count;
    const gate = makeGate(t);
    const both = [0, 1].map((i) => pool.submit(waitAt, gate.address, i));
    await gate.whenArrived(2);
    gate.open();
    await Promise.all(both);
    const seen = await Promise.all(Array.from({ length: 40 }, () => pool.submit(countUp)));
    for (const worker of new Set(seen.map((each) => each.worker))) {
      const counts = seen.filter((each) => each.worker === worker).map(({ count }) => count);
      assert.deepEqual(
        counts.toSorted((a, b) => a - b),
        Array.from(counts, (_, i) => i + 1),
      );
      assert.notEqual(worker, whichWorker());
    }
    assert.equal(countUp().count, before + 1, 'nothing was counted here');
  });

  test(`#205 what a task gets and returns is a copy (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const value = { list: [1, 2], when: new Date(0), map: new Map([[1, 'one']]) };
    const copy = await pool.submit(echo<typeof value>, value);
    assert.notEqual(copy, value);
    assert.deepEqual(copy, value);
  });

  test(`#206 the class is always there, like everything that is exported (${name})`, () => {
    const exported = [library, cluster].flatMap((entry) => Object.keys(entry));
    assert.ok(exported.includes(backend.executorClass.name));
  });

  test(`#207 the prefix of a worker is seen in its errors (${name})`, async (t) => {
    const { task, worker } = await remoteError(
      makePool(t, backend, { maxWorkers: 1, threadNamePrefix: 'image' }),
    );
    assert.deepEqual({ task, worker }, { task: 'fail', worker: 'image_0' });
  });

  test(`#207 by default it is the name of the class and a counter (${name})`, async (t) => {
    if (lacks(t, backend, 'worker names')) return;
    const { worker } = await remoteError(makePool(t, backend, { maxWorkers: 1 }));
    assert.match(worker, new RegExp(`^${backend.executorClass.name}-\\d+_0$`));
  });

  for (const [what, fn] of Object.entries(local)) {
    test(`#208 ${what} that no worker can import fails its own future (${name})`, async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1, functions: 'reference' });
      const error = await pool.submit(fn).exception();
      assert.ok(error instanceof PicklingError);
      assert.equal(error.code, 'ERR_NOT_REACHABLE');
      assert.match(error.message, /task\(import\.meta\.url/);
      assert.match(error.message, /pool\.module/);
      assert.equal(pool.stats().workers, 0, 'nothing is started for it');
      assert.equal(await pool.submit(add, 1, 2), 3);
    });
  }

  test(`#208 #168 an argument that cannot travel fails its own future, and tells why (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const error = await pool.submit(echo<unknown>, { later: Promise.resolve() }).exception();
    assert.ok(error instanceof PicklingError);
    assert.equal(error.code, 'ERR_PROMISE');
    assert.match(error.message, /Argument 1 of echo.*Await it first.*→ argument 1 → \.later$/s);
    assert.ok(error.cause instanceof Error);
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  test(`#209 #171 #175 an error arrives with class, message, fields and cause; last the remote side (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
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

  test(`#210 #174 an error that cannot be cloned is not lost (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
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

  test(`#173 a result that cannot travel fails its call, and its worker goes on (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const before = await pool.submit(whichWorker);
    const error = await pool.submit(resultThatThrows).exception();
    assert.ok(error instanceof PicklingError);
    assert.equal(error.code, 'ERR_CLONE');
    assert.match(error.message, /resultThatThrows/);
    assert.equal(await pool.submit(whichWorker), before);
  });

  test(`#211 the initializer works in the worker, not here (${name})`, async (t) => {
    if (lacks(t, backend, 'initializer')) return;
    const options = { maxWorkers: 1, initializer: setMark, initArgs: ['there'] };
    const pool = makePool(t, backend, options);
    assert.equal((await pool.submit(readMark)).mark, 'there');
    assert.equal(readMark().mark, undefined);
  });

  test(`#212 an initializer that fails, or that no worker can find, breaks the pool (${name})`, async (t) => {
    if (lacks(t, backend, 'initializer')) return;
    const warnings = new WarningLog(t);
    const failing = makePool(t, backend, { initializer: throwAtStart, initArgs: ['no'] });
    const error = await failing.submit(noop).exception();
    assert.ok(error instanceof brokenClass);
    assert.match((error.cause as Error).stack ?? '', /initializers/);
    const closure = makePool(t, backend, { initializer: readSecret, functions: 'reference' });
    const second = await closure.submit(noop).exception();
    assert.ok(second instanceof brokenClass);
    assert.ok(second.cause instanceof PicklingError);
    assert.match(second.cause.message, /task\(import\.meta\.url/);
    assert.equal(closure.stats().workers, 0);
    await warnings.next('CF_POOL_BROKEN');
  });

  test(`#214 a function runs in its own module (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    assert.match(await pool.submit(whoseModule), /fixtures\/executor-tasks\.js$/);
  });

  test(`#214 #204 functions of the main module are tasks, too (${name})`, async (t) => {
    const { code, stdout, stderr } = await runFixtureOn(t, backend, 'main-module-task');
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'true\n', stderr: '' });
  });

  test(`#215 a worker ends in order, and its exit handlers run (${name})`, async (t) => {
    const list = makeList(t);
    {
      await using pool = backend.make({ maxWorkers: 1 });
      await pool.submit(recordAtExit, list, 1);
      assert.deepEqual(listed(list), []);
    }
    assert.deepEqual(listed(list), [1]);
  });

  test(`#216 futures are awaited like promises, with the language's own tools (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    assert.deepEqual(await Promise.all([pool.submit(add, 1, 2), pool.submit(echo, 'x')]), [3, 'x']);
    const settled = await Promise.allSettled([pool.submit(fail, 'no'), pool.submit(noop)]);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'fulfilled'],
    );
    const never = new Promise<number>(() => {});
    assert.equal(await Promise.race([never, pool.submit(add, 2, 2)]), 4);
  });
}
