/** How workers park and are woken, reserved, and cleaned up after: the steps one by one, in one thread. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ClaimQueue } from '#dist/thread/claim-queue.js';
import { layoutFor, Word } from '#dist/thread/layout.js';
import { Parking, RunState } from '#dist/thread/parking.js';
import { SlotStates } from '#dist/thread/slot-state.js';

const WORKERS = 40;
const layout = layoutFor(WORKERS);
let words: Int32Array;
let queue: ClaimQueue;
let states: SlotStates;
let parking: Parking;

beforeEach(() => {
  words = new Int32Array(new SharedArrayBuffer(layout.bytes));
  states = new SlotStates(words, layout);
  queue = new ClaimQueue(words, layout, states);
  parking = new Parking(words, layout, queue, WORKERS);
});

/** Something to do, in slot 0. */
function publish(): void {
  queue.append(states.publish(0));
}

function park(index: number): void {
  parking.busy(index);
  assert.equal(parking.park(index), true);
}

function parked(): number[] {
  return Array.from({ length: WORKERS }, (_, index) => index).filter(
    (index) => parking.runState(index) === RunState.Parked,
  );
}

test('a worker parks when the queue is empty, and not when it is not', () => {
  park(3);
  assert.equal(parking.runState(3), RunState.Parked);
  assert.equal(parking.someParked(), true);
  publish();
  parking.busy(4);
  assert.equal(parking.park(4), false);
  assert.equal(parking.runState(4), RunState.Busy);
});

test('waking wakes one worker, and no other until that one is awake', () => {
  for (const index of [0, 33, 39]) park(index);
  publish();
  parking.wakeOne();
  assert.equal(parked().length, 2);
  parking.wakeOne();
  assert.equal(parked().length, 2);
  assert.equal(parking.needsWaking(), false);
  parking.awake();
  parking.wakeOne();
  assert.equal(parked().length, 1);
});

test('nobody is woken for an empty queue', () => {
  park(0);
  parking.wakeOne();
  assert.deepEqual(parked(), [0]);
  assert.equal(Atomics.load(words, Word.Waking), 0);
});

test('a worker that is woken leaves the parked state once', () => {
  park(5);
  assert.equal(parking.unpark(5), true);
  assert.equal(parking.unpark(5), false);
  assert.equal(parking.reserve(5), false);
});

test('a worker that is being woken, and will not look, takes the wake and passes it on', () => {
  for (const index of [0, 1]) park(index);
  publish();
  parking.wakeOne();
  assert.deepEqual(parked(), [1]);
  assert.equal(parking.unpark(0), false);
  assert.equal(parking.takeWake(0), true);
  parking.occupied(0);
  assert.deepEqual(parked(), []);
});

test('one that is reserved keeps its call', () => {
  park(0);
  assert.equal(parking.reserve(0), true);
  assert.equal(parking.takeWake(0), false);
});

test('workers in all words of the bit field are found', () => {
  for (let index = 0; index < WORKERS; index++) park(index);
  publish();
  for (let left = WORKERS - 1; left >= 0; left--) {
    parking.wakeOne();
    parking.awake();
    assert.equal(parked().length, left);
  }
  assert.equal(parking.someParked(), false);
});

test('nobody needs to be woken while somebody is busy with quick calls', () => {
  park(0);
  publish();
  assert.equal(parking.needsWaking(), true);
  parking.busy(1);
  assert.equal(parking.needsWaking(), false);
});

test('whoever becomes occupied wakes another for what is queued', () => {
  park(0);
  parking.busy(1);
  publish();
  parking.occupied(1);
  assert.deepEqual(parked(), []);
});

test('a reserved worker is not woken for anything else', () => {
  park(2);
  assert.equal(parking.reserve(2), true);
  assert.equal(parking.runState(2), RunState.Reserved);
  publish();
  parking.wakeOne();
  assert.equal(parking.runState(2), RunState.Reserved);
  assert.equal(parking.reserve(2), false);
});

test('a worker that is at work cannot be reserved', () => {
  assert.equal(parking.reserve(0), false);
  parking.busy(0);
  assert.equal(parking.reserve(0), false);
});

test('one worker watches at a time, and sees what is there', () => {
  parking.busy(0);
  assert.equal(parking.watch(0, false), false);
  assert.equal(parking.runState(0), RunState.Busy);
  Atomics.store(words, Word.Watcher, 8);
  assert.equal(parking.watch(0, false), false);
  Atomics.store(words, Word.Watcher, 0);
  publish();
  assert.equal(parking.watch(0, false), true);
  assert.equal(Atomics.load(words, Word.Watcher), 0);
});

test('after a death nothing of it is left: bit, watcher, waking', () => {
  publish();
  for (const state of ['parked', 'watching', 'waking', 'reserved', 'busy', 'half parked']) {
    const index = 7;
    if (state === 'parked' || state === 'reserved') {
      Atomics.store(words, parking.runWord(index), RunState.Parked);
      Atomics.or(words, Word.Parked, 1 << index);
    }
    if (state === 'reserved') parking.reserve(index);
    if (state === 'watching') Atomics.store(words, Word.Watcher, index + 1);
    if (state === 'waking') Atomics.store(words, Word.Waking, 1);
    if (state === 'busy') parking.busy(index);
    // It had said so, and had not set its bit yet.
    if (state === 'half parked') Atomics.store(words, parking.runWord(index), RunState.Parked);
    parking.clear(index);
    assert.equal(parking.runState(index), RunState.Occupied, state);
    assert.equal(parking.someParked(), false, state);
    assert.equal(Atomics.load(words, Word.Watcher), 0, state);
    assert.equal(Atomics.load(words, Word.Waking), 0, state);
  }
});

test('after a death the others are woken, and another that watches goes on watching', () => {
  for (const index of [0, 1, 2]) park(index);
  Atomics.store(words, Word.Watcher, 5);
  parking.clear(1);
  assert.deepEqual(parked(), []);
  assert.equal(parking.runState(0), RunState.Busy);
  assert.equal(parking.runState(1), RunState.Occupied);
  assert.equal(Atomics.load(words, Word.Watcher), 5);
});
