/** How many workers a pool has, when they are started, what they are called (items 116–125). */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { PicklingError } from 'concurrent-futures';
import { record } from '../fixtures/executor-tasks.js';
import { echo, noop, waitAt } from '../fixtures/tasks.js';
import { everyBackend, lacks } from '../support/every-backend.js';
import { makeGate, makePool } from '../support/held.js';
import { listed, makeList } from '../support/lists.js';

for (const backend of everyBackend) {
  const { name } = backend;

  test(`#116 #149 the default of maxWorkers is what the machine can run at once (${name})`, async (t) => {
    if (lacks(t, backend, 'workers')) return;
    const pool = makePool(t, backend);
    assert.equal(pool.stats().maxWorkers, availableParallelism());
  });

  test(`#117 #151 maxWorkers below 1 is a RangeError (${name})`, (t) => {
    if (lacks(t, backend, 'workers')) return;
    for (const maxWorkers of [0, -1]) {
      assert.throws(() => backend.make({ maxWorkers }), {
        name: 'RangeError',
        message: new RegExp(`maxWorkers.*at least 1.*${maxWorkers}`),
      });
    }
  });

  test(`#118 maxWorkers that is no whole number is refused (${name})`, (t) => {
    if (lacks(t, backend, 'workers')) return;
    assert.throws(() => backend.make({ maxWorkers: 1.5 }), {
      name: 'RangeError',
      message: /1\.5/,
    });
    assert.throws(() => backend.make({ maxWorkers: Number.NaN }), RangeError);
    for (const maxWorkers of ['4', true, null]) {
      assert.throws(() => backend.make({ maxWorkers: maxWorkers as never }), {
        name: 'TypeError',
        message: /maxWorkers/,
      });
    }
  });

  test(`#119 #151 an initializer that is no function is a TypeError at construction (${name})`, (t) => {
    if (lacks(t, backend, 'initializer')) return;
    assert.throws(() => backend.make({ initializer: 'setup' as never }), {
      name: 'TypeError',
      message: /initializer.*a function.*'setup'/,
    });
  });

  test(`#119 initArgs are checked at construction (${name})`, (t) => {
    if (lacks(t, backend, 'initializer')) return;
    const initArgs = 7 as never;
    assert.throws(() => backend.make({ initializer: echo, initArgs }), TypeError);
    assert.throws(() => backend.make({ initializer: echo, initArgs: [() => {}] }), PicklingError);
  });

  test(`#120 #154 no worker before the first call, then one for each, up to maxWorkers (${name})`, async (t) => {
    if (lacks(t, backend, 'workers')) return;
    const pool = makePool(t, backend, { maxWorkers: 3 });
    assert.equal(pool.stats().workers, 0);
    const gate = makeGate(t);
    for (const workers of [1, 2, 3, 3, 3]) {
      pool.submit(waitAt, gate.address, 0);
      assert.equal(pool.stats().workers, workers);
    }
    await gate.whenArrived(3);
    assert.equal(pool.stats().pending, 2);
  });

  test(`#121 #156 calls one after the other share a worker (${name})`, async (t) => {
    if (lacks(t, backend, 'workers')) return;
    const pool = makePool(t, backend, { maxWorkers: 4 });
    for (let i = 0; i < 200; i++) await pool.submit(noop);
    assert.equal(pool.stats().workers, 1);
  });

  test(`#122 #156 a worker counts as free as soon as its call has its outcome (${name})`, async (t) => {
    if (lacks(t, backend, 'workers')) return;
    const pool = makePool(t, backend, { maxWorkers: 4 });
    await Promise.all([pool.submit(noop), pool.submit(noop)]);
    assert.equal(pool.stats().workers, 2);
    for (let i = 0; i < 50; i++) {
      const both = [pool.submit(noop), pool.submit(noop)];
      // In the callback, before the worker itself can have found out that it has nothing to do.
      await new Promise<void>((resolve) => {
        both[0]?.addDoneCallback(() => void pool.submit(noop).addDoneCallback(() => resolve()));
      });
      await both[1];
    }
    assert.equal(pool.stats().workers, 2);
  });

  test(`#123 calls that need one another all run, up to maxWorkers (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 4 });
    for (let round = 0; round < 5; round++) {
      // An idle worker beforehand must not be counted for two of them.
      await pool.submit(noop);
      const gate = makeGate(t);
      const futures = [0, 1, 2, 3].map((i) => pool.submit(waitAt, gate.address, i));
      await gate.whenArrived(4);
      gate.open();
      assert.deepEqual(await Promise.all(futures), [0, 1, 2, 3]);
    }
  });

  test(`#124 #165 calls begin in the order of submission (${name})`, async (t) => {
    if (lacks(t, backend, 'order')) return;
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const list = makeList(t);
    const ids = Array.from({ length: 4000 }, (_, i) => i);
    await Promise.all(ids.map((id) => pool.submit(record, list, id)));
    assert.deepEqual(listed(list), ids);
  });

  test(`#125 workers are called threadNamePrefix_n (${name})`, async (t) => {
    if (lacks(t, backend, 'worker names')) return;
    const pool = makePool(t, backend, { maxWorkers: 2, threadNamePrefix: 'image' });
    const gate = makeGate(t);
    const futures = [0, 1].map((i) => pool.submit(waitAt, gate.address, i));
    await gate.whenArrived(2);
    const names = futures.map((future) => /worker=(\S+)>/.exec(inspect(future))?.[1]);
    assert.deepEqual(new Set(names), new Set(['image_0', 'image_1']));
  });

  test(`#125 by default they bear the name of the class and a counter (${name})`, async (t) => {
    if (lacks(t, backend, 'worker names')) return;
    const names: string[] = [];
    for (let i = 0; i < 2; i++) {
      const future = makePool(t, backend, { threadNamePrefix: '' }).submit(noop);
      await future;
      names.push(inspect(future));
    }
    const numbers = names.map((text) =>
      Number(new RegExp(`worker=${backend.executorClass.name}-(\\d+)_0>`).exec(text)?.[1]),
    );
    assert.equal(numbers[1], (numbers[0] ?? Number.NaN) + 1);
  });
}
