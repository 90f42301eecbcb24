/**
 * Slots, claim queue and completion rings in one thread, against a model of the calls that are under
 * way: whatever is interleaved, and wherever a worker dies, each call runs at most once and is never
 * lost, and none is both cancelled and run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ClaimQueue, NOTHING } from '#dist/thread/claim-queue.js';
import { CompletionReader, CompletionWriter } from '#dist/thread/completion-ring.js';
import { layoutFor, Notice, QUEUE_ENTRIES, SlotWord, Word } from '#dist/thread/layout.js';
import { ownerOf, SlotState, SlotStates, slotOf, stateOf } from '#dist/thread/slot-state.js';

const WORKERS = 3;
const SLOTS = 5;
const layout = layoutFor(WORKERS);

type Fate = 'pending' | 'running' | 'settled' | 'cancelled' | 'lost';

/** One worker, with the place in its work where it was interrupted. */
class Worker {
  readonly index: number;
  readonly queue: ClaimQueue;
  readonly notices: CompletionWriter;
  readonly running: number[] = [];
  /** A claim that has read the head and the entry there, and not gone on. */
  suspended: { readonly head: number; readonly entry: number } | undefined = undefined;

  constructor(words: Int32Array, index: number, states: SlotStates) {
    this.index = index;
    this.queue = new ClaimQueue(words, layout, states);
    this.notices = new CompletionWriter(words, layout, index);
  }
}

class System {
  readonly words = new Int32Array(new SharedArrayBuffer(layout.bytes));
  readonly states = new SlotStates(this.words, layout);
  readonly queue = new ClaimQueue(this.words, layout, this.states);
  workers = Array.from(
    { length: WORKERS },
    (_, index) => new Worker(this.words, index, this.states),
  );
  readonly readers = this.workers.map(
    ({ index }) => new CompletionReader(this.words, layout, index),
  );
  readonly free = Array.from({ length: SLOTS }, (_, slot) => slot);
  readonly inSlot = new Map<number, number>();
  readonly fates: Fate[] = [];
  readonly runs: number[] = [];
  /** Calls that are pending, oldest first; claims have to follow it. */
  order: number[] = [];

  publish(): void {
    if (!this.queue.hasRoom()) return;
    const slot = this.free.pop();
    if (slot === undefined) return;
    const call = this.fates.push('pending') - 1;
    this.runs.push(0);
    this.order.push(call);
    this.inSlot.set(slot, call);
    this.words[layout.slotWords(slot) + SlotWord.Function] = call;
    this.queue.append(this.states.publish(slot));
  }

  claim(index: number): void {
    const worker = this.workers[index]!;
    const slot = worker.queue.claim(index);
    assert.equal(slot === NOTHING, this.order.length === 0, 'finds work where there is some');
    if (slot !== NOTHING) this.#begin(worker, slot);
  }

  /** The first half of a claim. */
  look(index: number): void {
    const head = Atomics.load(this.words, Word.Head);
    if (head === Atomics.load(this.words, Word.Tail)) return;
    const entry = this.words[layout.queue + (head & (QUEUE_ENTRIES - 1))]!;
    this.workers[index]!.suspended = { head, entry };
  }

  /** The second half, any time later. With `dies`, the head is not moved any more. */
  goOn(index: number, dies: boolean): void {
    const worker = this.workers[index]!;
    const { suspended } = worker;
    if (suspended === undefined) return;
    worker.suspended = undefined;
    const won = this.states.claim(suspended.entry, index);
    if (won) this.#begin(worker, slotOf(suspended.entry));
    if (dies) this.die(index);
    else Atomics.compareExchange(this.words, Word.Head, suspended.head, (suspended.head + 1) | 0);
  }

  #begin(worker: Worker, slot: number): void {
    const call = this.words[layout.slotWords(slot) + SlotWord.Function]!;
    assert.equal(this.inSlot.get(slot), call);
    assert.equal(this.fates[call], 'pending');
    assert.equal(call, this.order[0], 'in the order of submission');
    this.order.shift();
    this.fates[call] = 'running';
    this.runs[call]!++;
    worker.running.push(slot);
    const word = this.states.load(slot);
    assert.equal(stateOf(word), SlotState.Running);
    assert.equal(ownerOf(word), worker.index);
  }

  finish(index: number, dies: boolean): void {
    const worker = this.workers[index]!;
    const slot = worker.running.shift();
    if (slot === undefined) return;
    this.words[layout.slotWords(slot) + SlotWord.OutcomeOffset] = this.inSlot.get(slot)!;
    this.states.finish(slot);
    assert.equal(stateOf(this.states.load(slot)), SlotState.Done);
    assert.equal(ownerOf(this.states.load(slot)), index);
    if (dies) this.die(index);
    else worker.notices.push(slot | Notice.Done);
  }

  drain(index: number): void {
    const reader = this.readers[index]!;
    while (reader.hasNotice()) this.#settle(reader.take());
  }

  #settle(slot: number): void {
    const call = this.inSlot.get(slot)!;
    assert.equal(this.fates[call], 'running');
    assert.equal(this.words[layout.slotWords(slot) + SlotWord.OutcomeOffset], call);
    this.fates[call] = 'settled';
    this.#release(slot);
  }

  #release(slot: number): void {
    this.states.release(slot);
    assert.equal(stateOf(this.states.load(slot)), SlotState.Free);
    this.inSlot.delete(slot);
    this.free.push(slot);
  }

  withdraw(which: number): void {
    const slot = [...this.inSlot.keys()][which % this.inSlot.size];
    if (slot === undefined) return;
    const call = this.inSlot.get(slot)!;
    const withdrawn = this.states.withdraw(slot);
    assert.equal(withdrawn, this.fates[call] === 'pending');
    if (!withdrawn) return;
    this.fates[call] = 'cancelled';
    this.order = this.order.filter((each) => each !== call);
    this.inSlot.delete(slot);
    this.free.push(slot);
  }

  /** The parent learns of a death: what was finished is settled, what had begun is lost; a new worker comes. */
  die(index: number): void {
    this.drain(index);
    for (const [slot, call] of this.inSlot) {
      const word = this.states.load(slot);
      if (ownerOf(word) !== index) continue;
      if (stateOf(word) === SlotState.Done) this.#settle(slot);
      else if (stateOf(word) === SlotState.Running) {
        this.fates[call] = 'lost';
        this.#release(slot);
      }
    }
    this.workers[index] = new Worker(this.words, index, this.states);
  }

  /** Nothing is left over: all that is pending can be run by a worker that looks for work. */
  workOff(): void {
    for (let index = 0; index < WORKERS; index++) {
      this.goOn(index, false);
      while (this.workers[index]!.running.length > 0) this.finish(index, false);
      this.drain(index);
    }
    while (this.order.length > 0) {
      this.claim(0);
      this.finish(0, false);
      this.drain(0);
    }
    this.claim(1);
    assert.equal(this.queue.isEmpty(), true);
    assert.equal(this.free.length, SLOTS);
    for (const [call, fate] of this.fates.entries()) {
      assert.ok(fate === 'settled' || fate === 'cancelled' || fate === 'lost', `${call}: ${fate}`);
      assert.equal(this.runs[call], fate === 'cancelled' ? 0 : 1);
    }
    for (const slot of this.free)
      assert.notEqual(stateOf(this.states.load(slot)), SlotState.Pending);
  }
}

const index = fc.nat(WORKERS - 1);
const step = fc.oneof(
  { arbitrary: fc.constant((system: System) => system.publish()), weight: 4 },
  { arbitrary: index.map((k) => (system: System) => system.claim(k)), weight: 3 },
  { arbitrary: index.map((k) => (system: System) => system.look(k)), weight: 2 },
  { arbitrary: index.map((k) => (system: System) => system.goOn(k, false)), weight: 2 },
  { arbitrary: index.map((k) => (system: System) => system.finish(k, false)), weight: 3 },
  { arbitrary: index.map((k) => (system: System) => system.drain(k)), weight: 3 },
  { arbitrary: fc.nat(SLOTS).map((i) => (system: System) => system.withdraw(i)), weight: 2 },
  { arbitrary: index.map((k) => (system: System) => system.goOn(k, true)), weight: 1 },
  { arbitrary: index.map((k) => (system: System) => system.finish(k, true)), weight: 1 },
  { arbitrary: index.map((k) => (system: System) => system.die(k)), weight: 1 },
);

test('every call is accounted for, whatever is interleaved and wherever a worker dies', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const system = new System();
      for (const each of steps) each(system);
      system.workOff();
    }),
    { numRuns: 250 },
  );
});

test('entries of withdrawn calls fill the queue at most until a worker passes them', () => {
  const system = new System();
  for (let i = 0; i < QUEUE_ENTRIES + 100; i++) {
    system.publish();
    system.withdraw(0);
  }
  assert.equal(system.queue.hasRoom(), false);
  system.claim(0);
  assert.equal(system.queue.hasRoom(), true);
  system.publish();
  system.workOff();
});

test('queue and completion rings go round many times', () => {
  const system = new System();
  for (let i = 0; i < 3 * QUEUE_ENTRIES; i++) {
    system.publish();
    system.claim(i % WORKERS);
    system.finish(i % WORKERS, i % 1000 === 999);
    if (i % 3 === 0) system.drain(i % WORKERS);
    else for (let k = 0; k < WORKERS; k++) system.drain(k);
  }
  system.workOff();
});
