/**
 * Who gets a call, decided over a real file by the two sides of the log, in one thread: the model drives
 * both as a queue and a worker do, and lets one side act in the middle of what the other is doing,
 * between its append and its reading.
 */
import assert from 'node:assert/strict';
import fs, { readdirSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { ParentClaims, WorkerClaims } from '#dist/process/claim-log.js';

interface After {
  after(fn: () => void): void;
}

function makeLog(t: After): { parent: ParentClaims; worker: WorkerClaims } {
  const parent = new ParentClaims();
  t.after(() => parent.close());
  return { parent, worker: new WorkerClaims(parent.fd, parent.secret) };
}

/** Has `act` done right behind the next append to a log, before that log is read. */
const behindAppend = {
  act: undefined as (() => void) | undefined,

  install(t: After): void {
    const write = fs.writeSync;
    const replaced = (...args: unknown[]): number => {
      const written = Reflect.apply(write, fs, args) as number;
      const { act } = behindAppend;
      behindAppend.act = undefined;
      act?.();
      return written;
    };
    Object.assign(fs, { writeSync: replaced });
    syncBuiltinESMExports();
    t.after(() => {
      Object.assign(fs, { writeSync: write });
      syncBuiltinESMExports();
    });
  },
};

/** What the parent knows of a call that it has sent. */
type Fate = 'sent' | 'taken' | 'done' | 'lost';

/** A message that is on its way to the worker: a call, by its place, or that the log was emptied. */
type Underway = number | 'reset';

/** A queue and its worker, with nothing but the log between them, and a channel in each direction. */
class Pair {
  readonly parent = new ParentClaims();
  readonly worker = new WorkerClaims(this.parent.fd, this.parent.secret);
  /** By place. */
  readonly fates: Fate[] = ['lost'];
  readonly runs: number[] = [0];
  readonly passedOver = new Set<number>();
  readonly #toWorker: Underway[] = [];
  readonly #toParent: number[] = [];
  #received: number[] = [];
  #inHand = 0;
  #running = 0;
  #claiming = false;
  #exited = false;

  // The parent.

  send(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#toWorker.push(this.fates.push('sent') - 1);
      this.runs.push(0);
      this.#inHand++;
    }
  }

  /** As `WorkerQueue.takeBack`. */
  take(from: number, to: number): void {
    const begun = this.parent.take(from, to);
    assert.ok(begun >= 0, 'its own record is there');
    for (let place = from; place <= to; place++) {
      if (place <= begun || this.fates[place] !== 'sent') continue;
      this.fates[place] = 'taken';
      this.#inHand--;
    }
  }

  /** Tries to take back some of what it has no outcome of; the worker may have begun it. */
  takeSome(skip: number, count: number): void {
    const open = [...this.fates.keys()].filter((place) => this.fates[place] === 'sent');
    const first = skip % Math.max(1, open.length);
    const [from, to] = [open[first], open[Math.min(open.length - 1, first + count)]];
    if (from !== undefined && to !== undefined) this.take(from, to);
  }

  hearOutcome(): void {
    const place = this.#toParent.shift();
    if (place === undefined) return;
    if (this.fates[place] !== 'sent') return;
    this.fates[place] = 'done';
    this.#inHand--;
  }

  /** Empties the log, if nothing that was sent is still with the worker. */
  reset(): void {
    if (this.#inHand > 0 || this.#toWorker.length > 0 || this.#received.length > 0) return;
    if (this.#claiming || this.#running > 0) return;
    this.parent.reset();
    this.#toWorker.push('reset');
  }

  // The worker.

  deliver(count: number): void {
    for (const each of this.#toWorker.splice(0, count)) {
      if (each === 'reset') this.worker.reset();
      else this.#received.push(each);
    }
  }

  /** As `ProcessWorker` takes its next call, with `lookahead` more claimed along. */
  begin(lookahead: number): void {
    if (this.#running > 0 || this.#exited) return;
    this.#claiming = true;
    while (this.#running === 0) {
      const place = this.#received.shift();
      if (place === undefined) break;
      if (!this.worker.has(place))
        this.worker.claim(place + Math.min(lookahead, this.#received.length));
      if (this.worker.isTaken(place)) this.passedOver.add(place);
      else {
        this.#running = place;
        this.runs[place]!++;
      }
    }
    this.#claiming = false;
  }

  finish(): void {
    if (this.#running === 0) return;
    this.#toParent.push(this.#running);
    this.#running = 0;
  }

  /** It leaves in the middle of its work, in order. */
  exit(): void {
    if (this.#exited) return;
    this.#exited = true;
    const [next] = this.#received;
    if (next !== undefined) this.worker.release(next);
  }

  /** What the dispatcher makes of its end. Calls that had not begun go back. */
  bury(): void {
    while (this.#toParent.length > 0) this.hearOutcome();
    const begun = this.parent.claimed();
    for (const [place, fate] of this.fates.entries()) {
      if (fate === 'sent') this.fates[place] = place > begun ? 'taken' : 'lost';
    }
  }

  workOff(): void {
    for (let i = 0; i <= this.fates.length; i++) {
      this.deliver(Infinity);
      this.finish();
      this.begin(0);
      this.hearOutcome();
    }
    this.finish();
    while (this.#toParent.length > 0) this.hearOutcome();
  }
}

type Step = (pair: Pair) => void;

const parentSteps: fc.Arbitrary<Step> = fc.oneof(
  fc.nat(6).map(
    (count): Step =>
      (pair) =>
        pair.send(count),
  ),
  fc.tuple(fc.nat(9), fc.nat(4)).map(
    ([skip, count]): Step =>
      (pair) =>
        pair.takeSome(skip, count),
  ),
  fc.constant<Step>((pair) => pair.hearOutcome()),
  fc.constant<Step>((pair) => pair.reset()),
);

const workerSteps: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 1, max: 5 }).map(
    (count): Step =>
      (pair) =>
        pair.deliver(count),
  ),
  fc.nat(4).map(
    (lookahead): Step =>
      (pair) =>
        pair.begin(lookahead),
  ),
  fc.constant<Step>((pair) => pair.finish()),
);

/** A step of one side, with one of the other side's behind its first append. */
function withAnother(outer: fc.Arbitrary<Step>, inner: fc.Arbitrary<Step>): fc.Arbitrary<Step> {
  return fc.tuple(outer, fc.option(inner)).map(([step, meanwhile]): Step => (pair) => {
    behindAppend.act = meanwhile === null ? undefined : () => meanwhile(pair);
    step(pair);
    behindAppend.act = undefined;
  });
}

const steps = fc.array(
  fc.oneof(withAnother(parentSteps, workerSteps), withAnother(workerSteps, parentSteps)),
  { maxLength: 60 },
);

function assertOneSideEach({ fates, runs, passedOver }: Pair): void {
  for (const [place, fate] of fates.entries()) {
    if (place === 0) continue;
    const times = runs[place] ?? 0;
    assert.ok(times <= 1, `call ${place} ran ${times} times`);
    if (fate === 'taken') assert.equal(times, 0, `call ${place} was taken back, and ran`);
    if (fate === 'done') assert.equal(times, 1, `call ${place} is done, and never ran`);
    if (passedOver.has(place)) assert.equal(fate, 'taken', `call ${place} was passed over`);
  }
}

test('whatever both sides do, and in the middle of what, each call is run or taken back, never both', (t) => {
  behindAppend.install(t);
  const seen = { done: 0, taken: 0 };
  fc.assert(
    fc.property(steps, (all) => {
      const pair = new Pair();
      try {
        for (const step of all) {
          step(pair);
          assertOneSideEach(pair);
        }
        pair.workOff();
        assertOneSideEach(pair);
        for (const [place, fate] of pair.fates.entries()) {
          if (place === 0) continue;
          assert.ok(fate === 'done' || fate === 'taken', `call ${place} is ${fate}`);
          seen[fate]++;
        }
      } finally {
        pair.parent.close();
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(seen.done > 1000 && seen.taken > 300, `${seen.done} done, ${seen.taken} taken`);
});

test('a worker that leaves in order gives up what it had claimed and not begun; the rest is lost or done', (t) => {
  behindAppend.install(t);
  fc.assert(
    fc.property(steps, fc.option(parentSteps), (all, meanwhile) => {
      const pair = new Pair();
      try {
        for (const step of all) step(pair);
        behindAppend.act = meanwhile === null ? undefined : () => meanwhile(pair);
        pair.exit();
        behindAppend.act = undefined;
        pair.bury();
        assertOneSideEach(pair);
        const lost = pair.fates.filter((fate, place) => place > 0 && fate === 'lost').length;
        assert.ok(lost <= 1, `${lost} calls are lost with the one that was running`);
      } finally {
        pair.parent.close();
      }
    }),
    { numRuns: 800 },
  );
});

suite('the parent', () => {
  test('sees what the worker has begun at once, without being told', (t) => {
    const { parent, worker } = makeLog(t);
    assert.equal(parent.claimed(), 0);
    worker.claim(3);
    assert.equal(parent.claimed(), 3);
    worker.claim(4);
    assert.equal(parent.claimed(), 4);
  });

  test('takes back what has not begun, and is told where that ends', (t) => {
    const { parent, worker } = makeLog(t);
    worker.claim(2);
    assert.equal(parent.take(1, 5), 2);
    worker.claim(6);
    assert.deepEqual(
      [3, 4, 5, 6].map((call) => worker.isTaken(call)),
      [true, true, true, false],
    );
  });

  test('may take back single calls out of the middle, in any order', (t) => {
    const { parent, worker } = makeLog(t);
    for (const call of [7, 2, 5]) assert.equal(parent.take(call, call), 0);
    worker.claim(8);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].filter((call) => worker.isTaken(call)),
      [2, 5, 7],
    );
  });

  test('is told how many calls were begun when the worker gave up the others', (t) => {
    const { parent, worker } = makeLog(t);
    worker.claim(9);
    worker.release(4);
    assert.equal(parent.claimed(), 3);
  });

  test('can not take anything back where nothing can be written', (t) => {
    const { parent, worker } = makeLog(t);
    const write = t.mock.method(fs, 'writeSync', () => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    });
    syncBuiltinESMExports();
    assert.equal(parent.take(1, 5), 5);
    write.mock.restore();
    syncBuiltinESMExports();
    worker.claim(5);
    assert.equal(worker.isTaken(1), false);
    assert.equal(parent.claimed(), 5);
  });
});

suite('the log', () => {
  test('of many records is read in full by both sides', (t) => {
    const { parent, worker } = makeLog(t);
    for (let call = 1; call <= 1000; call++) {
      if (call % 3 === 0) parent.take(call, call);
      else worker.claim(call);
    }
    worker.claim(1001);
    assert.equal(parent.claimed(), 1001);
    assert.equal(worker.isTaken(999), true);
    assert.equal(worker.isTaken(1000), false);
  });

  test('begins anew when it is emptied, for both sides', (t) => {
    const { parent, worker } = makeLog(t);
    for (let call = 1; call <= 5000; call++) worker.claim(call);
    assert.equal(parent.claimed(), 5000);
    assert.equal(parent.isLarge, true);
    parent.reset();
    worker.reset();
    assert.equal(parent.isLarge, false);
    assert.equal(parent.claimed(), 5000);
    parent.take(5002, 5002);
    worker.claim(5003);
    assert.deepEqual(
      [5001, 5002, 5003].map((call) => worker.isTaken(call)),
      [false, true, false],
    );
    assert.equal(parent.claimed(), 5003);
  });

  test('has no name in the folder for temporary files', (t) => {
    makeLog(t);
    const left = readdirSync(tmpdir()).filter((name) =>
      name.startsWith(`concurrent-futures-${process.pid}-`),
    );
    assert.deepEqual(left, []);
  });
});
