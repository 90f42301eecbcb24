/**
 * The real queue, states and parking between real threads: the parent publishes and withdraws at
 * random, two threads claim, and now and then one of them is terminated wherever it is. In the end
 * each call was run once, or cancelled and not run, or lost with the thread that had it.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ClaimQueue } from '#dist/thread/claim-queue.js';
import { CompletionReader } from '#dist/thread/completion-ring.js';
import { layoutFor, SlotWord } from '#dist/thread/layout.js';
import { Parking } from '#dist/thread/parking.js';
import { ownerOf, SlotState, SlotStates, stateOf } from '#dist/thread/slot-state.js';
import type { ClaimerStart } from '../fixtures/raw-claimer.ts';

const WORKERS = 2;
const SLOTS = 64;
const script = new URL('../fixtures/raw-claimer.js', import.meta.url);
const layout = layoutFor(WORKERS);

const Fate = { Unknown: 0, Done: 1, Cancelled: 2, Lost: 3 } as const;

class Parent {
  readonly #memory = new SharedArrayBuffer(layout.bytes);
  readonly #words = new Int32Array(this.#memory);
  readonly #states = new SlotStates(this.#words, layout);
  readonly #queue = new ClaimQueue(this.#words, layout, this.#states);
  readonly #parking = new Parking(this.#words, layout, this.#queue, WORKERS);
  readonly #free = Array.from({ length: SLOTS }, (_, slot) => slot);
  readonly #inSlot: (number | undefined)[] = new Array<number | undefined>(SLOTS);
  readonly #workers: Worker[] = [];
  readonly #readers: CompletionReader[] = [];
  readonly runs: Int32Array;
  readonly fates: Uint8Array;
  published = 0;

  constructor(calls: number) {
    this.runs = new Int32Array(new SharedArrayBuffer(4 * calls));
    this.fates = new Uint8Array(calls);
    for (let index = 0; index < WORKERS; index++) this.#start(index);
  }

  get outstanding(): number {
    return SLOTS - this.#free.length;
  }

  #start(index: number): void {
    const start: ClaimerStart = { memory: this.#memory, runs: this.runs, workers: WORKERS, index };
    this.#readers[index] = new CompletionReader(this.#words, layout, index);
    this.#workers[index] = new Worker(script, { workerData: start });
  }

  publish(): boolean {
    const slot = this.#free.pop();
    if (slot === undefined) return false;
    this.#inSlot[slot] = this.published;
    this.#words[layout.slotWords(slot) + SlotWord.Function] = this.published++;
    this.#queue.append(this.#states.publish(slot));
    if (this.#parking.needsWaking()) this.#parking.wakeOne();
    return true;
  }

  withdraw(slot: number): void {
    if (this.#inSlot[slot] !== undefined && this.#states.withdraw(slot))
      this.#leave(slot, Fate.Cancelled, false);
  }

  drain(): void {
    for (const reader of this.#readers) this.#drainOne(reader);
    // Somebody may have been taken for one that looks at the queue by himself.
    if (!this.#queue.isEmpty()) this.#parking.wakeOne();
  }

  #drainOne(reader: CompletionReader): void {
    while (reader.hasNotice()) {
      const slot = reader.take();
      assert.equal(
        this.#words[layout.slotWords(slot) + SlotWord.OutcomeOffset],
        this.#inSlot[slot],
        'the outcome belongs to the call',
      );
      this.#leave(slot, Fate.Done);
    }
  }

  #leave(slot: number, fate: number, release = true): void {
    const call = this.#inSlot[slot];
    assert.ok(call !== undefined, `slot ${slot} is not in use`);
    assert.equal(this.fates[call], Fate.Unknown, `call ${call} has two fates`);
    this.fates[call] = fate;
    this.#inSlot[slot] = undefined;
    if (release) this.#states.release(slot);
    this.#free.push(slot);
  }

  async kill(index: number): Promise<void> {
    await this.end(index);
    this.#drainOne(this.#readers[index]!);
    for (const [slot, call] of this.#inSlot.entries()) {
      const word = this.#states.load(slot);
      if (call === undefined || ownerOf(word) !== index) continue;
      if (stateOf(word) === SlotState.Done) this.#leave(slot, Fate.Done);
      else if (stateOf(word) === SlotState.Running) this.#leave(slot, Fate.Lost);
    }
    this.#parking.clear(index);
    this.#start(index);
  }

  async end(index: number): Promise<void> {
    const worker = this.#workers[index]!;
    const exit = once(worker, 'exit');
    await worker.terminate();
    await exit;
  }

  async endAll(): Promise<void> {
    for (let index = 0; index < WORKERS; index++) await this.end(index);
  }
}

/** The same numbers in every run, as far as the parent goes; threads bring chance enough. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
}

async function run(t: { after(fn: () => Promise<void>): void }, calls: number, kills: number) {
  const parent = new Parent(calls);
  t.after(() => parent.endAll());
  const random = numbers(calls);
  let killed = 0;
  while (parent.published < calls) {
    for (let i = 0; i < 500 && parent.published < calls; i++) {
      // Bursts and pauses, so that the threads park as well.
      if (random(4) !== 0 && parent.publish() && random(8) === 0) parent.withdraw(random(SLOTS));
      if (random(8) === 0 || parent.outstanding === SLOTS) parent.drain();
    }
    if (killed < kills && parent.published > ((killed + 1) * calls) / (kills + 1)) {
      killed++;
      await parent.kill(random(WORKERS));
    }
    if (random(8) === 0) await turn();
  }
  while (parent.outstanding > 0) {
    parent.drain();
    await turn();
  }
  return parent;
}

function assertAllAccountedFor({ fates, runs }: Parent): void {
  const counts = [0, 0, 0, 0];
  for (const [call, fate] of fates.entries()) {
    counts[fate]!++;
    const times = Atomics.load(runs, call);
    if (fate === Fate.Done) assert.equal(times, 1, `call ${call} ran ${times} times`);
    else if (fate === Fate.Cancelled) assert.equal(times, 0, `call ${call} was cancelled, and ran`);
    else if (fate === Fate.Lost) assert.ok(times <= 1);
    else assert.fail(`call ${call} is lost`);
  }
  assert.ok(counts[Fate.Done]! > fates.length / 2);
  assert.ok(counts[Fate.Cancelled]! > 0);
}

test('every call is run once or cancelled', async (t) => {
  const parent = await run(t, 150_000, 0);
  assertAllAccountedFor(parent);
  assert.equal(parent.fates.includes(Fate.Lost), false);
});

test('with threads that are terminated at random, every call is run once, cancelled, or lost with one', async (t) => {
  const kills = 15;
  const parent = await run(t, 80_000, kills);
  assertAllAccountedFor(parent);
  assert.ok(parent.fates.filter((fate) => fate === Fate.Lost).length <= kills);
});
