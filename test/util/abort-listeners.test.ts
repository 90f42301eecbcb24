/** One listener for each signal, whatever depends on it. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { onAbort } from '#dist/util/abort-listeners.js';

function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

function nothing(): void {}

test('any number of callbacks are one listener, which goes with the last of them', () => {
  const { signal } = new AbortController();
  const stops = Array.from({ length: 100 }, () => onAbort(signal, nothing));
  assert.equal(listenersOf(signal), 1);
  const last = stops.pop();
  for (const stop of stops) stop();
  for (const stop of stops) stop();
  assert.equal(listenersOf(signal), 1);
  last?.();
  assert.equal(listenersOf(signal), 0);
  const again = onAbort(signal, nothing);
  assert.equal(listenersOf(signal), 1);
  again();
});

test('an abort calls each callback once, in the order in which they were added, and leaves no listener', () => {
  const controller = new AbortController();
  const called: number[] = [];
  for (let i = 0; i < 3; i++) onAbort(controller.signal, () => called.push(i));
  controller.abort();
  assert.deepEqual(called, [0, 1, 2]);
  assert.equal(listenersOf(controller.signal), 0);
  onAbort(controller.signal, () => called.push(3));
  assert.equal(listenersOf(controller.signal), 0, 'an aborted signal has nothing more to say');
  assert.deepEqual(called, [0, 1, 2]);
});

test('a callback may take off others, and itself', () => {
  const controller = new AbortController();
  const called: string[] = [];
  const stops: (() => void)[] = [];
  stops.push(
    onAbort(controller.signal, () => {
      called.push('first');
      for (const stop of stops) stop();
    }),
    onAbort(controller.signal, () => called.push('second')),
  );
  controller.abort();
  assert.deepEqual(called, ['first']);
});

test('a callback that throws is an uncaught error, and keeps nothing from the others', async (t) => {
  const controller = new AbortController();
  const uncaught = new Promise((resolve) => {
    process.setUncaughtExceptionCaptureCallback(resolve);
    t.after(() => process.setUncaughtExceptionCaptureCallback(null));
  });
  const error = new Error('from a callback');
  let called = false;
  onAbort(controller.signal, () => {
    throw error;
  });
  onAbort(controller.signal, () => (called = true));
  controller.abort();
  assert.ok(called);
  assert.equal(await uncaught, error);
});
