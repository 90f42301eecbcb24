/** A worker that dies, or a getter that throws, while a value is being taken in or put out. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PicklingError } from 'concurrent-futures';
import { poisonMaps, resultThatExits, resultThatThrows } from '../fixtures/crashing-tasks.ts';
import { echo, whichWorker } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { deathOf } from '../support/deaths.ts';

/** Sizes of what is written before the worker dies: for the slot, the ring, and beyond the ring. */
const fills = [0, 1000, 200_000, 12 << 20];

for (const backend of workerBackends) {
  for (const maxWorkers of [1, 2]) {
    suite(`with ${maxWorkers} worker(s) (${backend.name})`, () => {
      for (const fill of fills) {
        test(`#177 a worker that dies while it writes a result of ${fill} bytes fails that call only`, async () => {
          await using pool = backend.make({ maxWorkers });
          const lost = pool.submit(resultThatExits, fill);
          const behind = Array.from({ length: 8 }, (_, i) =>
            pool.submit(echo, 'x'.repeat(i * 500)),
          );
          const error = await deathOf(backend, lost);
          assert.equal(error.exitCode, 6);
          assert.equal(error.task, 'resultThatExits');
          for (const [i, each] of behind.entries()) assert.equal((await each).length, i * 500);
        });
      }

      test('#173 a result whose getter throws fails its call with that error; the worker goes on', async () => {
        await using pool = backend.make({ maxWorkers: 1 });
        const before = await pool.submit(whichWorker);
        const error = await pool.submit(resultThatThrows).exception();
        assert.ok(error instanceof PicklingError);
        assert.equal(error.code, 'ERR_CLONE');
        assert.match(error.message, /resultThatThrows.*not to be read/s);
        assert.ok(error.cause instanceof RangeError);
        assert.equal(await pool.submit(whichWorker), before);
      });

      test('#169 a Map that a task has made deadly is not asked when arguments are rebuilt', async () => {
        await using pool = backend.make({ maxWorkers: 1 });
        await pool.submit(poisonMaps);
        const lost = pool.submit(echo, new Map([['poison', 1]]));
        const behind = pool.submit(echo, new Map([['poison', 2]]));
        assert.deepEqual(await lost, new Map([['poison', 1]]));
        assert.deepEqual(await behind, new Map([['poison', 2]]));
      });

      test('#168 an argument whose getter throws fails its call at once; nothing is sent', async () => {
        await using pool = backend.make({ maxWorkers });
        const argument = {
          get boom(): never {
            throw new RangeError('not to be read');
          },
        };
        const error = await pool.submit(echo, argument).exception();
        assert.ok(error instanceof PicklingError);
        assert.match(error.message, /Argument 1 of echo.*not to be read/s);
        assert.ok(error.cause instanceof RangeError);
        assert.equal(await pool.submit(echo, 'next'), 'next');
      });
    });
  }

  test(`room for results that a dead worker had taken is there for the next one (${backend.name})`, async () => {
    await using pool = backend.make({ maxWorkers: 1 });
    const large = 'y'.repeat(3 << 20);
    for (let i = 0; i < 4; i++) {
      await deathOf(backend, pool.submit(resultThatExits, 5 << 20));
      assert.equal(await pool.submit(echo, large), large);
    }
  });
}
