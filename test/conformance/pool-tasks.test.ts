/** What a worker does with tasks, and tasks with their pool (items 133–139, 141, 146 and 147). */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { test } from 'node:test';
import { DeadlockError, type Future, InlineExecutor } from 'concurrent-futures';
import {
  isForgotten,
  oddityNames,
  record,
  rememberWeakly,
  throwOddity,
} from '../fixtures/executor-tasks.js';
import { add, echo, fail, noop, waitAt, whichWorker } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { isCollected } from '../support/garbage.js';
import { closeAfter, makeGate, makePool } from '../support/held.js';
import { listed, makeList } from '../support/lists.js';
import { whenRunning } from '../support/remote.js';
import { WarningLog } from '../support/warning-log.js';

const byNumber = (a: number, b: number): number => a - b;

for (const backend of everyBackend) {
  const { name } = backend;

  test(`#133 #170 whatever a task throws is the outcome, and its worker goes on (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const thread = await pool.submit(whichWorker);
    for (const oddity of oddityNames) {
      const future = pool.submit(throwOddity, oddity);
      const outcome = await future.then(
        () => 'no error',
        (error: unknown) => ({ error }),
      );
      assert.ok(typeof outcome === 'object', `${oddity} was thrown`);
      assert.deepEqual(await future.exception(), outcome.error);
    }
    await assert.rejects(pool.submit(fail, 'x').result(), TypeError);
    assert.equal(await pool.submit(whichWorker), thread);
    if (backend.lacks?.workers === undefined) assert.equal(pool.stats().workers, 1);
  });

  test(`#134 a done-callback that throws harms neither worker nor pool (${name})`, async (t) => {
    const warnings = new WarningLog(t);
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const future = pool.submit(noop);
    future.addDoneCallback(() => {
      throw new Error('in a callback');
    });
    await future;
    const warning = await warnings.next('CF_CALLBACK_FAILED');
    assert.match(warning.detail ?? '', /in a callback/);
    assert.equal(await pool.submit(add, 1, 2), 3);
    if (backend.lacks?.workers === undefined) assert.equal(pool.stats().workers, 1);
  });

  test(`#135 #176 after a call its worker keeps none of its arguments (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    for (const makeArgument of [() => ({ big: 'x'.repeat(1000) }), () => new Map([[1, {}]])]) {
      await pool.submit(rememberWeakly, makeArgument());
      assert.equal(await pool.submit(isForgotten), true);
    }
  });

  test(`#135 #176 after a call the pool keeps neither arguments, nor result, nor future (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const call = async (): Promise<WeakRef<object>[]> => {
      const argument = { payload: [1, 2, 3] };
      const future = pool.submit(echo<object>, argument);
      return [new WeakRef(argument), new WeakRef(await future), new WeakRef(future)];
    };
    for (const reference of await call()) assert.ok(await isCollected(reference));
  });

  test(`#136 #167 a cancelled call is dropped at once, with its arguments (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const busy = pool.submit(waitAt, gate.address, 0);
    await gate.whenArrived(1);
    await whenRunning(backend, busy);
    // What holds a RegExp travels by another way than everyday values do.
    const submitAndCancel = (): WeakRef<object>[] =>
      [{ list: [1, 2, 3] }, { pattern: /held/ }].map((argument) => {
        const future = pool.submit(echo<object>, argument);
        assert.equal(future.cancel(), true);
        return new WeakRef(argument);
      });
    for (const reference of submitAndCancel()) assert.ok(await isCollected(reference));
    assert.equal(pool.stats().pending, 0);
    assert.equal(busy.running(), true);
  });

  test(`#137 #180 a done-callback may submit (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const result = await new Promise<number>((resolve) => {
      pool.submit(add, 1, 2).addDoneCallback((first) => {
        void first.then((three) =>
          pool.submit(add, three, 4).addDoneCallback((second) => resolve(second.result())),
        );
      });
    });
    assert.equal(result, 7);
  });

  test(`#141 what was submitted before shutdown runs, in its order (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    pool.submit(waitAt, gate.address, 0);
    const list = makeList(t);
    const ids = Array.from({ length: 1500 }, (_, i) => i);
    for (const id of ids) pool.submit(record, list, id);
    const down = pool.shutdown();
    gate.open();
    await down;
    const ran = listed(list);
    assert.deepEqual(backend.lacks?.order === undefined ? ran : ran.toSorted(byNumber), ids);
  });

  test(`#146 a subclass can wrap submit, and set options of its own (${name})`, async (t) => {
    class Counting extends backend.executorClass {
      submitted = 0;

      constructor(maxWorkers: number) {
        super({ maxWorkers, threadNamePrefix: 'counting' });
      }

      override submit<A extends unknown[], R>(
        fn: (...args: A) => R,
        ...args: A
      ): Future<Awaited<R>> {
        this.submitted++;
        return super.submit(fn, ...args);
      }
    }
    const pool = closeAfter(t, new Counting(2));
    assert.equal(await pool.submit(add, 1, 2), 3);
    assert.deepEqual(await pool.map(add, [1, 2], [3, 4]).toArray(), [4, 6]);
    assert.equal(pool.submitted, 3, 'map goes through submit, as in the base class');
  });

  test(`#147 a callback runs in the async context in which it was added (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const context = new AsyncLocalStorage<string>();
    const seen = (who: string): Promise<string | undefined> =>
      context.run(
        who,
        () =>
          new Promise((resolve) => {
            pool.submit(noop).addDoneCallback(() => resolve(context.getStore()));
          }),
      );
    assert.deepEqual(await Promise.all([seen('a'), seen('b')]), ['a', 'b']);
  });
}

test('#137 a task may submit, and wait for the outcome (inline)', async (t) => {
  const pool = closeAfter(t, new InlineExecutor({ maxWorkers: 1 }));
  assert.equal(await pool.submit(async () => (await pool.submit(add, 1, 2)) * 2), 6);
});

test('#138 a task may shut its own executor down; waiting for that is a DeadlockError (inline)', async () => {
  const pool = new InlineExecutor();
  const queued: Future<number>[] = [];
  const future = pool.submit(async () => {
    await pool.shutdown({ wait: false });
    await pool.shutdown();
  });
  queued.push(pool.submit(add, 1, 2));
  await assert.rejects(future.result(), (error) => {
    assert.ok(error instanceof DeadlockError);
    assert.match(error.message, /wait: false/);
    return true;
  });
  assert.deepEqual(await Promise.all(queued), [3]);
  await pool.shutdown();
});

test('#139 tasks that wait for tasks of the same full pool do not deadlock (inline)', async (t) => {
  const pool = closeAfter(t, new InlineExecutor({ maxWorkers: 2 }));
  const fibonacci = async (n: number): Promise<number> => {
    if (n < 2) return n;
    const [a, b] = [pool.submit(fibonacci, n - 1), pool.submit(fibonacci, n - 2)];
    return (await a) + (await b);
  };
  const all = await Promise.all([10, 11, 12].map((n) => pool.submit(fibonacci, n)));
  assert.deepEqual(all, [55, 89, 144]);
});

test('#139 blocking on a future of the same thread is a DeadlockError (inline)', async (t) => {
  const pool = closeAfter(t, new InlineExecutor());
  assert.throws(() => pool.submit(noop).resultSync(), DeadlockError);
  const future = pool.submit(() => pool.submit(noop).resultSync());
  await assert.rejects(future.result(), DeadlockError);
});

test("#147 a task never runs in another call's async context (inline)", async (t) => {
  const pool = closeAfter(t, new InlineExecutor({ maxWorkers: 2 }));
  const context = new AsyncLocalStorage<string>();
  const who = (_own: string): string | undefined => context.getStore();
  const names = ['a', 'b', 'c'];
  const futures = names.map((each) => context.run(each, () => pool.submit(who, each)));
  const seen = await Promise.all(futures);
  const ok = seen.every((store, i) => store === undefined || store === names[i]);
  assert.ok(ok, `the calls of ${names.join(', ')} saw ${seen.join(', ')}`);
});
