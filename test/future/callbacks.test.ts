/** Done-callbacks that change the list of callbacks, and the async context in which they run. */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, test } from 'node:test';
import { type Future } from 'concurrent-futures';
import { noop } from '../fixtures/tasks.js';
import { backends } from '../support/backends.js';
import { busyPool } from '../support/busy-pool.js';
import { finished, pending } from '../support/futures.js';

const settlements: readonly ((future: Future<number>) => void)[] = [
  (future) => future.setResult(1),
  (future) => future.setException(new Error('bad')),
  (future) => void future.cancel(),
];

test('a callback that removes itself does not keep the next one from running', () => {
  const future = pending();
  const order: string[] = [];
  const remove = future.addDoneCallback(() => {
    order.push('once');
    remove();
  });
  future.addDoneCallback(() => order.push('next'));
  future.addDoneCallback(() => order.push('last'));
  future.setResult(1);
  assert.deepEqual(order, ['once', 'next', 'last']);
});

test('a callback can remove one that has not run yet', () => {
  const future = pending();
  const order: string[] = [];
  future.addDoneCallback(() => {
    order.push('first');
    remove();
  });
  const remove = future.addDoneCallback(() => order.push('removed'));
  future.addDoneCallback(() => order.push('last'));
  future.setResult(1);
  assert.deepEqual(order, ['first', 'last']);
});

test('a callback added by a callback runs at once', () => {
  const future = pending();
  const order: string[] = [];
  future.addDoneCallback((done) => {
    order.push('outer begins');
    done.addDoneCallback(() => order.push('inner'));
    order.push('outer ends');
  });
  future.addDoneCallback(() => order.push('later'));
  future.setResult(1);
  assert.deepEqual(order, ['outer begins', 'inner', 'outer ends', 'later']);
});

test('a callback that settles the future again is refused and changes nothing', async () => {
  const future = pending();
  const refused: unknown[] = [];
  future.addDoneCallback((done) => {
    refused.push(done.cancel());
    assert.throws(() => done.setResult(2), { name: 'InvalidStateError' });
    refused.push('setResult');
  });
  future.setResult(1);
  assert.deepEqual(refused, [false, 'setResult']);
  assert.equal(await future, 1);
});

test('callbacks run in the async context in which they were added', () => {
  const storage = new AsyncLocalStorage<string>();
  for (const settle of settlements) {
    const future = pending();
    const seen: unknown[] = [];
    const note = (): void => void seen.push(storage.getStore());
    storage.run('first', () => future.addDoneCallback(note));
    storage.run('second', () => future.addDoneCallback(note));
    future.addDoneCallback(note);
    storage.run('settling', () => settle(future));
    assert.deepEqual(seen, ['first', 'second', undefined]);
  }
});

test('a callback that is called at once runs in the context of the call', () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  storage.run('here', () => finished(1).addDoneCallback(() => seen.push(storage.getStore())));
  assert.deepEqual(seen, ['here']);
});

test('the context of a callback does not leak to the one who settles', () => {
  const storage = new AsyncLocalStorage<string>();
  const future = pending();
  storage.run('first', () => future.addDoneCallback(() => storage.enterWith('entered')));
  storage.run('settling', () => {
    future.setResult(1);
    assert.equal(storage.getStore(), 'settling');
  });
});

for (const backend of backends) {
  describe(backend.name, () => {
    test('callbacks of calls run in the async context in which they were added', async (t) => {
      const storage = new AsyncLocalStorage<string>();
      const { pool, gate } = await busyPool(t, backend);
      const seen: unknown[] = [];
      const future = storage.run('submitting', () => pool.submit(noop));
      storage.run('adding', () => future.addDoneCallback(() => seen.push(storage.getStore())));
      gate.open();
      await future;
      assert.deepEqual(seen, ['adding']);
    });
  });
}
