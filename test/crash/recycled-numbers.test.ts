/**
 * Workers, calls, slots and nested calls go by numbers of which many are used again. Here they are, as fast as they can
 * be; and nothing may reach a call that was meant for the one before it.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BrokenExecutor, CancelledError, type Future } from 'concurrent-futures';
import { echo, waitAt } from '../fixtures/tasks.js';
import { ask, askAndDie, writeAndEcho } from '../fixtures/unruly-tasks.js';
import { blockingBackends, workerBackends } from '../support/backends.js';
import { Gate } from '../support/gate.js';

const all = new Set([...workerBackends, ...blockingBackends]);

for (const backend of all) {
  suite(`numbers that are used again (${backend.name})`, () => {
    test('a call of a dead worker does not answer a call of its successor', async (t) => {
      const pool = backend.make({ maxWorkers: 2 });
      t.after(() => pool.shutdown());
      const gate = new Gate();
      t.after(() => gate.open());
      const lost = pool.submit(askAndDie, gate.address);
      assert.ok((await lost.exception()) instanceof BrokenExecutor);
      // Both workers there may be have nested calls with the numbers of the dead one's.
      const answers = ['its own', 'another'].map((value) => pool.submit(ask<string>, value));
      gate.open();
      assert.deepEqual(await Promise.all(answers), ['its own', 'another']);
    });

    test('each call has its own outcome, output and nested calls', async (t) => {
      const pool = backend.make({ maxWorkers: 2, maxTasksPerChild: 1 });
      t.after(() => pool.shutdown());
      const gate = new Gate();
      t.after(() => gate.open());
      gate.open();
      const checks: Promise<void>[] = [];
      const capturing = pool.with({ captureOutput: true });
      for (let i = 0; i < 36; i++) {
        checks.push(check(i));
        // Some of them together, and not all at once: numbers are given back meanwhile.
        if (i % 4 === 3) await checks.at(-4);
      }
      await Promise.all(checks);
      await pool.shutdown();
      const { pending, running } = pool.stats();
      assert.deepEqual({ pending, running }, { pending: 0, running: 0 });

      async function check(i: number): Promise<void> {
        try {
          await call(i);
        } catch (error) {
          // A task that waits for a nested call lets others into its worker, and this one may have been with `askAndDie`.
          if (!(error instanceof BrokenExecutor)) throw error;
          assert.match(error.message, /askAndDie.* under way in it, too/);
        }
      }

      async function call(i: number): Promise<void> {
        switch (i % 6) {
          case 0:
            assert.equal(await pool.submit(echo, i), i);
            break;
          case 1:
            assert.equal(await pool.submit(ask<number>, i), i);
            break;
          case 2: {
            const error = await pool.submit(askAndDie, gate.address).exception();
            assert.ok(error instanceof BrokenExecutor, String(error));
            break;
          }
          case 3: {
            const future = capturing.submit(writeAndEcho, `output of ${i}`);
            assert.equal(await future, `output of ${i}`);
            assert.equal(future.output?.stdout, `output of ${i}`);
            break;
          }
          case 4: {
            const future: Future<unknown> = pool.submit(waitAt, gate.address, i);
            if (future.cancel()) await assert.rejects(future.result(), CancelledError);
            else assert.equal(await future, i);
            break;
          }
          default:
            assert.deepEqual(await pool.submit(echo, new Map([[i, i]])), new Map([[i, i]]));
        }
      }
    });
  });
}
