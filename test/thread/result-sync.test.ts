/** Blocking on results, on the main thread and inside a worker that has a pool of its own. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ThreadPoolExecutor, TimeoutError } from 'concurrent-futures';
import { nestedSum } from '../fixtures/payload-tasks.ts';
import { SharedGate, waitAtShared } from '../fixtures/shared-gate.ts';
import { add, echo, fail, sleep } from '../fixtures/tasks.ts';
import { runFixture } from '../support/fresh-process.ts';

for (const maxWorkers of [1, 2]) {
  suite(`with ${maxWorkers} worker(s)`, () => {
    test('blocks until the value is there, at once after the pool was made', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      assert.equal(pool.submit(add, 1, 2).resultSync(), 3);
    });

    test('thousands of calls one by one', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      for (let i = 0; i < 3000; i++) assert.equal(pool.submit(add, i, 1).resultSync(), i + 1);
    });

    test('the last of many first: the others are done then as well, or follow', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      const futures = Array.from({ length: 5000 }, (_, i) => pool.submit(echo, { i }));
      assert.deepEqual(futures.at(-1)!.resultSync(), { i: 4999 });
      for (const [i, future] of futures.entries()) assert.deepEqual(future.resultSync(), { i });
    });

    test('throws what the task threw, and exceptionSync returns it', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      const future = pool.submit(fail, 'no');
      assert.throws(() => future.resultSync(), { name: 'TypeError', message: 'no' });
      assert.equal(future.exceptionSync(), await future.exception());
    });

    test('async tasks, and values that travel as messages', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      assert.equal(pool.submit(sleep, 5).resultSync(), 5);
      for (let i = 0; i < 200; i++) {
        const pattern = new RegExp(`x${i}`);
        assert.deepEqual(pool.submit(echo, pattern).resultSync(), pattern);
      }
      const large = 'z'.repeat(12 << 20);
      assert.equal(pool.submit(echo, large).resultSync().length, large.length);
    });

    test('gives up after the timeout, and the call goes on', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      const gate = new SharedGate();
      const future = pool.submit(waitAtShared, gate.words, 'late');
      assert.throws(() => future.resultSync({ timeout: 20 }), TimeoutError);
      gate.open();
      assert.equal(future.resultSync(), 'late');
    });

    test('calls that are awaited meanwhile settle as well', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      const awaited = Promise.all([pool.submit(add, 1, 1), pool.submit(add, 2, 2)]);
      assert.equal(pool.submit(add, 3, 3).resultSync(), 6);
      assert.deepEqual(await awaited, [2, 4]);
      assert.equal(await pool.submit(add, 4, 4), 8);
    });
  });
}

test('a worker blocks on a pool of its own', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  assert.deepEqual(
    await Promise.all([pool.submit(nestedSum, 100), pool.submit(nestedSum, 10)]),
    [4950, 45],
  );
});

test('the main thread blocks on a worker that blocks on a pool of its own', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  assert.equal(pool.submit(nestedSum, 50).resultSync(), 1225);
});

test('a failure that was read by blocking on it is no unread failure', async () => {
  const { code, stdout, stderr } = await runFixture(
    'unread-failure',
    'threads',
    'read with exceptionSync()',
  );
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'collected: true\n', stderr: '' });
});
