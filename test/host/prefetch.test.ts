/** How many calls a host takes at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prefetch } from '#dist/host/prefetch.js';

function after(durations: readonly number[]): Prefetch {
  const prefetch = new Prefetch(4);
  for (const each of durations) prefetch.ran(each);
  return prefetch;
}

test('as many as there are workers, while nothing is known', () => {
  assert.equal(new Prefetch(4).concurrency, 4);
});

test('as many as there are workers, where calls take their time', () => {
  assert.equal(after([50, 60, 1000]).concurrency, 4);
});

test('more where calls are short, and never without bound', () => {
  const few = after(Array.from({ length: 20 }, () => 1)).concurrency;
  const many = after(Array.from({ length: 20 }, () => 0.01)).concurrency;
  assert.ok(few > 4, `${few}`);
  assert.ok(many > few && many <= 4 * 65, `${many}`);
});

test('calls that have waited here make it careful again', () => {
  const prefetch = after([0.01, 0.01]);
  prefetch.slowDown();
  assert.equal(prefetch.concurrency, 4);
});

test('a few long ones among the short make it slower', () => {
  const prefetch = after([0.01, 0.01, 0.01]);
  const before = prefetch.concurrency;
  prefetch.ran(300);
  assert.ok(prefetch.concurrency < before);
});
