/** `process.exit` in a task: that call fails with the cause, and it is the only one. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BrokenExecutor, RemoteError } from 'concurrent-futures';
import {
  exitOrReturn,
  exitWhileWaiting,
  exitWith,
  recordAndExit,
} from '../fixtures/crashing-tasks.ts';
import { echo, waitAt, whichWorker } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { deathOf } from '../support/deaths.ts';
import { makeGate, makePool } from '../support/held.ts';
import { listed, makeList } from '../support/lists.ts';

for (const backend of workerBackends) {
  for (const maxWorkers of [1, 2]) {
    suite(`with ${maxWorkers} worker(s) (${backend.name})`, () => {
      for (const code of [0, 1]) {
        test(`process.exit(${code}) fails its call, and says who died of what`, async () => {
          await using pool = backend.make({ maxWorkers, threadNamePrefix: 'crash' });
          const error = await deathOf(backend, pool.submit(exitWith, code));
          assert.ok(error instanceof BrokenExecutor);
          assert.equal(error.exitCode, code);
          assert.match(error.worker ?? '', /^crash_\d$/);
          assert.equal(error.task, 'exitWith');
          assert.match(error.message, new RegExp(`crash_\\d.*exit code ${code}.*exitWith`));
          assert.ok(!(error instanceof RemoteError));
        });

        test(`calls queued behind process.exit(${code}) complete, and so does the next one`, async () => {
          await using pool = backend.make({ maxWorkers });
          const dying = pool.submit(exitWith, code);
          const behind = Array.from({ length: 20 }, (_, i) => pool.submit(echo, { i }));
          await deathOf(backend, dying);
          assert.deepEqual(
            await Promise.all(behind),
            behind.map((_, i) => ({ i })),
          );
          assert.equal(await pool.submit(echo, 'next'), 'next');
        });

        test(`process.exit(${code}) under way in every worker at once`, async () => {
          await using pool = backend.make({ maxWorkers });
          const dying = Array.from({ length: 3 * maxWorkers }, () => pool.submit(exitWith, code));
          for (const each of dying) assert.equal((await deathOf(backend, each)).exitCode, code);
          assert.equal(await pool.submit(echo, 1), 1);
        });
      }

      test('a worker that ends in the middle of an async task fails that call', async () => {
        await using pool = backend.make({ maxWorkers });
        const dying = pool.submit(exitWhileWaiting);
        const behind = pool.submit(echo, 'behind');
        const error = await deathOf(backend, dying);
        assert.equal(error.exitCode, 5);
        assert.equal(error.task, 'exitWhileWaiting');
        assert.equal(await behind, 'behind');
      });

      test('later calls get their own results, over hundreds of calls with crashes in between', async () => {
        await using pool = backend.make({ maxWorkers });
        for (let round = 0; round < 4; round++) {
          const calls = Array.from({ length: 120 }, (_, i) => ({
            sent: { round, i, text: `call ${i}` },
            exit: i % 40 === 7,
          }));
          const futures = calls.map(({ exit, sent }) => pool.submit(exitOrReturn, exit, sent));
          for (const [i, { exit, sent }] of calls.entries()) {
            const future = futures[i]!;
            if (exit) assert.equal((await deathOf(backend, future)).exitCode, 7);
            else assert.deepEqual(await future, sent);
          }
        }
        const { pending, running, completed, failed } = pool.stats();
        assert.deepEqual(
          { pending, running, completed, failed },
          { pending: 0, running: 0, completed: 4 * 117, failed: 4 * 3 },
        );
      });

      test('#183 #184 of 200 calls, exactly those that exit fail, each with an error of its own', async () => {
        await using pool = backend.make({ maxWorkers });
        const futures = Array.from({ length: 200 }, (_, i) =>
          pool.submit(exitOrReturn, i % 10 === 0, i),
        );
        let settled = 0;
        for (const future of futures) future.addDoneCallback(() => settled++);
        const outcomes = await Promise.allSettled(futures);
        assert.equal(settled, 200);
        const failed = outcomes.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []));
        assert.deepEqual(
          failed,
          Array.from({ length: 20 }, (_, i) => 10 * i),
        );
        for (const [i, outcome] of outcomes.entries()) {
          if (outcome.status === 'fulfilled') assert.equal(outcome.value, i);
        }
        const errors = await Promise.all(failed.map((i) => deathOf(backend, futures[i]!)));
        assert.equal(new Set(errors).size, 20);
      });

      test('a pool whose calls have all crashed starts workers again when it is used', async () => {
        await using pool = backend.make({ maxWorkers });
        const before = await pool.submit(whichWorker);
        await deathOf(backend, pool.submit(exitWith, 1));
        await deathOf(backend, pool.submit(exitWith, 1));
        assert.notEqual(await pool.submit(whichWorker), before);
      });
    });
  }

  test(`a crash leaves the call in the other worker alone (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    const gate = makeGate(t);
    const neighbour = pool.submit(waitAt, gate.address, { kept: true });
    await gate.whenArrived(1);
    for (let i = 0; i < 5; i++) await deathOf(backend, pool.submit(exitWith, 1));
    assert.equal(neighbour.running(), true);
    gate.open();
    assert.deepEqual(await neighbour, { kept: true });
  });

  test(`a call whose worker has died is not run again (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    const list = makeList(t);
    const dying = Array.from({ length: 6 }, (_, i) => pool.submit(recordAndExit, list, i));
    for (const each of dying) await deathOf(backend, each);
    assert.equal(await pool.submit(echo, 'next'), 'next');
    assert.deepEqual(new Set(listed(list)), new Set([0, 1, 2, 3, 4, 5]));
    assert.equal(listed(list).length, 6);
  });
}
