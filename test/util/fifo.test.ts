/** The queue that pending work waits in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fifo } from '#dist/util/fifo.js';
import * as fc from 'fast-check';

test('items come out in the order in which they went in', () => {
  const fifo = new Fifo<number>();
  for (let item = 0; item < 100; item++) fifo.push(item);
  assert.deepEqual([fifo.length, fifo.peek()], [100, 0]);
  for (let item = 0; item < 100; item++) assert.equal(fifo.shift(), item);
  assert.deepEqual([fifo.length, fifo.peek(), fifo.shift()], [0, undefined, undefined]);
});

test('an empty queue can be asked again and again, and used afterwards', () => {
  const fifo = new Fifo<string>();
  for (let tries = 0; tries < 40; tries++) assert.equal(fifo.shift(), undefined);
  fifo.push('later');
  assert.deepEqual([fifo.length, fifo.shift(), fifo.length], [1, 'later', 0]);
});

test('undefined is an item like any other', () => {
  const fifo = new Fifo<undefined>();
  fifo.push(undefined);
  fifo.push(undefined);
  assert.equal(fifo.length, 2);
  fifo.shift();
  assert.equal(fifo.length, 1);
});

test('it works on after a long backlog has been worked off', () => {
  const fifo = new Fifo<number>();
  for (const length of [5000, 3, 10_000, 17]) {
    for (let item = 0; item < length; item++) fifo.push(item);
    for (let item = 0; item < length; item++) assert.equal(fifo.shift(), item);
    assert.equal(fifo.length, 0);
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
      const fifo = new Fifo<number>();
      const array: number[] = [];
      let next = 0;
      for (const step of mixture) {
        if ('push' in step) {
          for (let i = 0; i < step.push; i++) {
            fifo.push(next);
            array.push(next++);
          }
        } else {
          for (let i = 0; i < step.shift; i++) assert.equal(fifo.shift(), array.shift());
        }
        assert.deepEqual([fifo.length, fifo.peek()], [array.length, array[0]]);
      }
    }),
    { seed: 1 },
  );
});
