/** The queue that pending work waits in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deque } from '#dist/util/deque.js';
import * as fc from 'fast-check';

test('items come out in the order in which they went in', () => {
  const deque = new Deque<number>();
  for (let item = 0; item < 100; item++) deque.push(item);
  assert.deepEqual([deque.length, deque.peek()], [100, 0]);
  for (let item = 0; item < 100; item++) assert.equal(deque.shift(), item);
  assert.deepEqual([deque.length, deque.peek(), deque.shift()], [0, undefined, undefined]);
});

test('an empty queue can be asked again and again, and used afterwards', () => {
  const deque = new Deque<string>();
  for (let tries = 0; tries < 40; tries++) assert.equal(deque.shift(), undefined);
  deque.push('later');
  assert.deepEqual([deque.length, deque.shift(), deque.length], [1, 'later', 0]);
});

test('undefined is an item like any other', () => {
  const deque = new Deque<undefined>();
  deque.push(undefined);
  deque.push(undefined);
  assert.equal(deque.length, 2);
  deque.shift();
  assert.equal(deque.length, 1);
});

test('it works on after a long backlog has been worked off', () => {
  const deque = new Deque<number>();
  for (const length of [5000, 3, 10_000, 17]) {
    for (let item = 0; item < length; item++) deque.push(item);
    for (let item = 0; item < length; item++) assert.equal(deque.shift(), item);
    assert.equal(deque.length, 0);
  }
});

test('it does what an array does, whatever the mixture of pushes and shifts', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ shift: fc.integer({ min: 1, max: 50 }) }),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (mixture) => {
      const deque = new Deque<number>();
      const array: number[] = [];
      let next = 0;
      for (const step of mixture) {
        if ('push' in step) {
          for (let i = 0; i < step.push; i++) {
            deque.push(next);
            array.push(next++);
          }
        } else {
          for (let i = 0; i < step.shift; i++) assert.equal(deque.shift(), array.shift());
        }
        assert.deepEqual([deque.length, deque.peek()], [array.length, array[0]]);
      }
    }),
    { seed: 1 },
  );
});
