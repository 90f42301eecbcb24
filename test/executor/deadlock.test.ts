/** When a task that blocks on a call of its own pool blocks for ever, seen on a backend that has no workers. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { toMessage } from '#dist/codec/message.js';
import { finishFuture } from '#dist/future/future.js';
import type { NestedRequest } from '#dist/protocol/messages.js';
import { bury, type FakeBackend, fakePool } from '../support/fake-backend.js';

/** A pool with so many workers, each of which has a call. */
function makeBusy(t: TestContext, workers: number, maxWorkers = workers): FakeBackend {
  const { pool, backend } = fakePool({ maxWorkers });
  t.after(() => bury(pool, backend));
  for (let i = 0; i < workers; i++) {
    backend.call();
    backend.ready(i);
    backend.begin(i);
  }
  return backend;
}

/** The task of a worker submits a call, which nobody carries out. */
function submit(backend: FakeBackend, worker: number, call: number): void {
  const fn = { name: 'inner', source: { global: ['Math', 'max'] } };
  ask(backend, worker, { kind: 'submit', call, fn, args: toMessage([]) });
}

/** @returns what the worker is told if that is a question. */
function ask(backend: FakeBackend, worker: number, request: NestedRequest): boolean | undefined {
  let answer: boolean | undefined;
  backend.tell(worker, { kind: 'request', request }, (yes) => (answer = yes));
  return answer;
}

function block(backend: FakeBackend, worker: number, forever = true): boolean | undefined {
  submit(backend, worker, 1);
  return ask(backend, worker, { kind: 'block', call: 1, forever });
}

test('the last worker that blocks is told that it would for ever', (t) => {
  const backend = makeBusy(t, 3);
  assert.deepEqual(
    [0, 1, 2].map((worker) => block(backend, worker)),
    [false, false, true],
  );
});

test('it counts as blocked no longer, and is told so again when it blocks again', (t) => {
  const backend = makeBusy(t, 2);
  assert.equal(block(backend, 0), false);
  assert.equal(block(backend, 1), true);
  assert.equal(ask(backend, 1, { kind: 'block', call: 1, forever: false }), false);
  assert.equal(ask(backend, 1, { kind: 'unblock', call: 1 }), undefined);
  assert.equal(ask(backend, 1, { kind: 'block', call: 1, forever: true }), true);
});

test('a worker that may yet be started can help', (t) => {
  const backend = makeBusy(t, 1, 2);
  assert.equal(block(backend, 0), false);
});

test('one that blocks for a time can help afterwards', (t) => {
  const backend = makeBusy(t, 2);
  assert.equal(block(backend, 0, false), false);
  assert.equal(block(backend, 1), false);
  assert.equal(ask(backend, 0, { kind: 'unblock', call: 1 }), undefined);
  assert.equal(ask(backend, 0, { kind: 'block', call: 1, forever: true }), true);
});

test('a task that blocks on what its own worker has begun blocks for ever, whoever else is there', (t) => {
  const backend = makeBusy(t, 2);
  backend.runners.set(0, 'test_0');
  assert.equal(block(backend, 0), true);
});

test('so do tasks that block on what has begun in the worker of the other', (t) => {
  const backend = makeBusy(t, 3);
  backend.runners.set(0, 'test_1').set(1, 'test_0');
  assert.equal(block(backend, 0), false, 'the other goes on');
  assert.equal(block(backend, 1), true);
});

test('and tasks that block on what one of these has begun', (t) => {
  const backend = makeBusy(t, 4);
  backend.runners.set(0, 'test_1').set(1, 'test_2').set(2, 'test_1');
  assert.equal(block(backend, 0), false);
  assert.equal(block(backend, 1), false);
  assert.equal(block(backend, 2), true);
});

test('what has begun in a worker whose own call can be begun goes on', (t) => {
  const backend = makeBusy(t, 3);
  backend.runners.set(0, 'test_1');
  assert.equal(block(backend, 0), false);
  assert.equal(block(backend, 1), false, 'the third can begin it');
});

test('when the call is done that a worker blocks on, it can help', (t) => {
  const backend = makeBusy(t, 2);
  assert.equal(block(backend, 0), false);
  const [first] = backend.nested;
  assert.ok(first);
  finishFuture(first, 1);
  assert.equal(block(backend, 1), false);
});

test('blocking inside of blocking ends with what it is about', (t) => {
  const backend = makeBusy(t, 2);
  assert.equal(block(backend, 0), false);
  submit(backend, 0, 2);
  assert.equal(ask(backend, 0, { kind: 'block', call: 2, forever: false }), false);
  assert.equal(block(backend, 1), false, 'the inner one has a time');
  ask(backend, 0, { kind: 'unblock', call: 2 });
  assert.equal(ask(backend, 1, { kind: 'block', call: 1, forever: true }), true);
});

test('a worker that is to end may help until it is gone; then one that counted on it is told', (t) => {
  const backend = makeBusy(t, 1);
  backend.tell(0, { kind: 'leaving' });
  backend.tell(0, { kind: 'still-here' });
  backend.call();
  backend.ready(1);
  backend.begin(1);
  assert.equal(block(backend, 1), false);
  backend.log.length = 0;
  backend.finish(0);
  backend.exit(0);
  assert.deepEqual(backend.log, ['post 1 deadlock']);
});
