/** `MapResults` on a target whose calls a test settles by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CancelledError, TimeoutError } from 'concurrent-futures';
import { FakeTarget } from '../support/fake-target.js';
import { collectGarbage } from '../support/garbage.js';

async function* asyncSource(log: string[], count: number): AsyncGenerator<number> {
  try {
    for (let i = 0; i < count; i++) {
      log.push(`pull ${i}`);
      yield i;
    }
  } finally {
    log.push('closed');
  }
}

async function* losesConnection(): AsyncGenerator<number> {
  yield 1;
  throw new Error('connection lost');
}

async function* yieldsOnce(): AsyncGenerator<number> {
  yield 1;
  await new Promise(() => {});
}

async function* neverYields(): AsyncGenerator<number> {
  await new Promise(() => {});
  yield 1;
}

test('next() calls that overlap are answered in order', async () => {
  const target = new FakeTarget();
  const results = target.map({}, ['a', 'b', 'c']);
  const nexts = [results.next(), results.next(), results.next(), results.next()];
  target.settle(2, 3);
  target.settle(0, 1);
  target.settle(1, 2);
  assert.deepEqual(
    (await Promise.all(nexts)).map(({ value }) => value),
    [1, 2, 3, undefined],
  );
});

test('a next() that throws does not take the one behind it along', async () => {
  const target = new FakeTarget();
  const results = target.map({}, [1, 2]);
  const [first, second] = [results.next(), results.next()];
  target.calls[0]?.future.setException(new Error('one'));
  target.settle(1, 'two');
  await assert.rejects(first, { message: 'one' });
  assert.equal((await second).value, 'two');
});

test('a cancelled call is an error at its place', async () => {
  const target = new FakeTarget();
  const results = target.map({}, [1, 2]);
  target.calls[0]?.future.cancel();
  target.settle(1, 'two');
  await assert.rejects(results.next(), CancelledError);
  assert.equal((await results.next()).value, 'two');
});

test('return() while a next() waits ends both', async () => {
  const target = new FakeTarget();
  const results = target.map({}, [1, 2]);
  const waiting = results.next();
  await results.return();
  assert.equal((await waiting).done, true);
  assert.ok(target.calls.every(({ future }) => future.cancelled()));
});

test('a submit that fails half-way through the first fill cancels what was submitted', () => {
  const target = new FakeTarget();
  const input = function* (): Generator<number> {
    yield 1;
    target.refuse = new Error('full');
    yield 2;
  };
  assert.throws(() => target.map({}, input()), { message: 'full' });
  assert.equal(target.calls[0]?.future.cancelled(), true);
});

test('a submit that fails later comes behind the results that are there', async () => {
  const target = new FakeTarget();
  const results = target.map({ bufferSize: 2 }, [1, 2, 3]);
  target.settle(0, 'a');
  target.settle(1, 'b');
  target.refuse = new Error('closed');
  assert.equal((await results.next()).value, 'a');
  assert.equal((await results.next()).value, 'b');
  await assert.rejects(results.next(), { message: 'closed' });
  assert.equal((await results.next()).done, true);
});

test('async input is pulled as far as the look-ahead of the target, or bufferSize', async () => {
  for (const [options, ahead] of [
    [{}, 2],
    [{ bufferSize: 3 }, 3],
  ] as const) {
    const target = new FakeTarget();
    const log: string[] = [];
    const results = target.map(options, asyncSource(log, 10));
    await new Promise(setImmediate);
    assert.equal(log.length, ahead);
    target.settle(0, 'x');
    assert.equal((await results.next()).value, 'x');
    await new Promise(setImmediate);
    assert.equal(log.length, ahead + 1);
    await results.return();
    await new Promise(setImmediate);
    assert.equal(log.at(-1), 'closed');
  }
});

test('the first result comes while the next item is still waited for', async () => {
  const target = new FakeTarget();
  const results = target.map({}, yieldsOnce());
  const first = results.next();
  await new Promise(setImmediate);
  target.settle(0, 'one');
  assert.equal((await first).value, 'one');
});

test('return() ends a next() that waits for async input', async () => {
  const target = new FakeTarget();
  const results = target.map({}, neverYields());
  const waiting = results.next();
  await new Promise(setImmediate);
  await results.return();
  assert.equal((await waiting).done, true);
});

test('async input that fails hands out what came before it', async () => {
  const target = new FakeTarget();
  const results = target.map({}, losesConnection());
  await new Promise(setImmediate);
  target.settle(0, 'one');
  assert.equal((await results.next()).value, 'one');
  await assert.rejects(results.next(), { message: 'connection lost' });
  assert.equal((await results.next()).done, true);
});

test('async and sync input run side by side; both are closed at the shorter end', async () => {
  const target = new FakeTarget();
  const log: string[] = [];
  const results = target.map({ bufferSize: 10 }, asyncSource(log, 10), ['a', 'b']);
  await new Promise(setImmediate);
  assert.deepEqual(
    target.calls.map(({ args }) => args),
    [
      [0, 'a'],
      [1, 'b'],
    ],
  );
  assert.equal(log.at(-1), 'closed');
  await results.return();
});

test('a timeout that comes while async input is waited for is a TimeoutError', async () => {
  const target = new FakeTarget();
  const results = target.map({ timeout: 5 }, neverYields());
  await assert.rejects(results.next(), TimeoutError);
  assert.equal((await results.next()).done, true);
});

test('a timeout that comes while a call is waited for is a TimeoutError, and cancels it', async () => {
  const target = new FakeTarget();
  const results = target.map({ timeout: 5 }, [1, 2]);
  await assert.rejects(results.next(), TimeoutError);
  assert.ok(target.calls.every(({ future }) => future.cancelled()));
});

test('an abort that comes while a call is waited for gives its reason, and cancels it', async () => {
  const target = new FakeTarget();
  const controller = new AbortController();
  const results = target.map({ signal: controller.signal }, [1, 2]);
  const waiting = results.next();
  await new Promise(setImmediate);
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
  assert.ok(target.calls.every(({ future }) => future.cancelled()));
});

test('an abort reaches a next() that waits, though nobody has kept anything but its promise', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const reasons: unknown[] = [];
  for (const input of [[1, 2], neverYields(), yieldsOnce()]) {
    const waiting = new FakeTarget().map({ signal }, input).next();
    waiting.catch((reason: unknown) => reasons.push(reason));
  }
  for (let i = 0; i < 3; i++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  const reason = new Error('enough');
  controller.abort(reason);
  await new Promise(setImmediate);
  assert.deepEqual(reasons, [reason, reason, reason]);
});

test('chunks are as long as asked for, the last one shorter', () => {
  const target = new FakeTarget();
  target.map({ chunkSize: 2 }, [1, 2, 3]);
  assert.deepEqual(
    target.calls.map(({ args }) => args),
    [[[1], [2]], [[3]]],
  );
});

test('toArray cancels what is left when one fails', async () => {
  const target = new FakeTarget();
  const all = target.map({}, [1, 2, 3]).toArray();
  target.calls[0]?.future.setException(new Error('one'));
  await assert.rejects(all, { message: 'one' });
  assert.deepEqual(
    target.calls.map(({ future }) => future.state),
    ['finished', 'cancelled', 'cancelled'],
  );
});

test('a string is an iterable of its characters, also beside an async input', async () => {
  for (const other of ['12', asyncSource([], 2)]) {
    const target = new FakeTarget();
    const both = new Promise<void>((resolve) => {
      target.submitted = () => target.calls.length === 2 && resolve();
    });
    const all = target.map({}, 'ab', other).toArray();
    await both;
    assert.deepEqual(
      target.calls.map(({ args }) => (args as unknown[])[0]),
      ['a', 'b'],
    );
    target.settle(0, 1);
    target.settle(1, 2);
    assert.deepEqual(await all, [1, 2]);
  }
});
