/** A queue with a process that only remembers what it was told. */
import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import { suite, test } from 'node:test';
import { cloneFromBytes } from '#dist/codec/clone.js';
import { SHAPE_REGION_BYTES, ShapeWriter } from '#dist/codec/shapes.js';
import { Call } from '#dist/process/call.js';
import { DispatchState } from '#dist/process/dispatch-state.js';
import { ParentClaims, WorkerClaims } from '#dist/process/claim-log.js';
import { FrameParser } from '#dist/process/frame-parser.js';
import { FrameWriter } from '#dist/process/frame-writer.js';
import { FrameKind } from '#dist/process/frame-layout.js';
import type { ProcessHandle } from '#dist/process/process-handle.js';
import { WorkerQueue } from '#dist/process/worker-queue.js';
import { WorkerQueueState } from '#dist/process/worker-queue-state.js';
import type { FunctionEntry } from '#dist/protocol/messages.js';
import type { ToProcess } from '#dist/protocol/process-messages.js';

interface After {
  after(fn: () => void): void;
}

/** Takes the place of a process. */
class FakeHandle {
  isFull = false;
  /** `call 3`, `shapes 4`, or the kind of a message, in the order in which they were written. */
  readonly log: string[] = [];
  writes = 0;
  readonly #parser = new FrameParser((frame) => {
    if (frame.kind === FrameKind.Call) this.log.push(`call ${frame.number}`);
    else if (frame.kind === FrameKind.Shapes) this.log.push(`shapes ${frame.number}`);
    else {
      const content = new Uint8Array(frame.attached?.[0] ?? new ArrayBuffer(0));
      const message = cloneFromBytes(content) as ToProcess;
      this.log.push(message.kind === 'function' ? `function ${message.entry.id}` : message.kind);
    }
  }, true);

  write(pieces: readonly Uint8Array[]): void {
    if (pieces.length === 0) return;
    this.writes++;
    for (const piece of pieces) assert.equal(this.#parser.push(piece), true);
  }
}

const SLOW = 0;
const QUICK = 1;
const isQuick = (fn: number): boolean => fn === QUICK;

class Bench {
  readonly handle = new FakeHandle();
  readonly functions: FunctionEntry[] = [];
  readonly queue: WorkerQueue<string>;
  /** What the worker does about its calls. */
  readonly worker: WorkerClaims | undefined;
  readonly claims: ParentClaims | undefined;
  readonly #shapes = new Uint8Array(SHAPE_REGION_BYTES);
  readonly #writer = new FrameWriter(new ShapeWriter(new DataView(this.#shapes.buffer)));
  #lastId = 0;

  constructor(t: After, { maxTasks = 0, log = true } = {}) {
    const claims = log ? new ParentClaims() : undefined;
    t.after(() => claims?.close());
    this.claims = claims;
    this.worker = claims === undefined ? undefined : new WorkerClaims(claims.fd, claims.secret);
    const common = { functions: this.functions, shapes: this.#shapes };
    const handle = this.handle as unknown as ProcessHandle;
    this.queue = new WorkerQueue(3, handle, claims, common, maxTasks);
  }

  call(fn = SLOW, args: unknown[] = []): Call<string> {
    const id = ++this.#lastId;
    const frame = this.#writer.put(FrameKind.Call, 0, id, fn, args, true, false);
    return new Call(id, fn, frame, `owner ${id}`);
  }

  calls(count: number, fn = SLOW): Call<string>[] {
    return Array.from({ length: count }, () => this.call(fn));
  }

  send(...calls: Call<string>[]): void {
    this.queue.send(calls, isQuick);
  }

  finish(call: Call<string>): void {
    assert.ok(this.queue.holds(call));
    call.finish();
    this.queue.finished(call);
  }
}

suite('the states of a queue', () => {
  test('it starts once, and leaves once, which the worker is told', (t) => {
    const { queue, handle } = new Bench(t);
    assert.equal(queue.state, WorkerQueueState.Starting);
    assert.equal(queue.start(), true);
    assert.equal(queue.start(), false);
    assert.equal(queue.state, WorkerQueueState.Ready);
    assert.equal(queue.leave(), true);
    assert.equal(queue.leave(), false);
    assert.equal(queue.state, WorkerQueueState.Leaving);
    assert.equal(queue.start(), false);
    assert.deepEqual(handle.log, ['close']);
  });

  test('one that is asked to end while it starts does not become ready', (t) => {
    const { queue } = new Bench(t);
    assert.equal(queue.leave(), true);
    assert.equal(queue.start(), false);
    assert.equal(queue.roomFor(false), 0);
  });

  test('its end is final', (t) => {
    const { queue, handle } = new Bench(t);
    queue.start();
    assert.equal(queue.end(), true);
    assert.equal(queue.end(), false);
    assert.equal(queue.leave(), false);
    assert.equal(queue.start(), false);
    assert.equal(queue.state, WorkerQueueState.Gone);
    assert.equal(queue.roomFor(true), 0);
    assert.deepEqual(handle.log, []);
  });
});

suite('the room of a queue', () => {
  test('there is none while its channel is full', (t) => {
    const { queue, handle } = new Bench(t);
    queue.start();
    assert.equal(queue.roomFor(false), 2);
    handle.isFull = true;
    assert.equal(queue.roomFor(false), 0);
  });

  test('one that is starting is given a few, which can be taken back as long as it is', (t) => {
    const bench = new Bench(t);
    const { queue } = bench;
    assert.equal(queue.roomFor(true), 2);
    const [one, two] = bench.calls(2) as [Call<string>, Call<string>];
    bench.send(one, two);
    assert.equal(queue.roomFor(true), 0);
    assert.equal(queue.mayLose, true);
    assert.deepEqual(queue.pending(), [one, two]);
    assert.deepEqual(
      queue.takeBack(one, two, (call) => call.takeBack()),
      [one, two],
    );
    assert.equal(queue.mayLose, false);
  });

  test('one that is starting is not given the last call that it may do', (t) => {
    assert.equal(new Bench(t, { maxTasks: 1 }).queue.roomFor(false), 0);
    assert.equal(new Bench(t, { maxTasks: 2 }).queue.roomFor(false), 1);
  });

  test('nor any where nothing can be taken back from it', (t) => {
    assert.equal(new Bench(t, { log: false }).queue.roomFor(false), 0);
  });

  test('is for one call and the next, if they may take long', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    const [one, two] = bench.calls(2) as [Call<string>, Call<string>];
    bench.send(one);
    assert.equal(bench.queue.roomFor(false), 1);
    bench.send(two);
    assert.equal(bench.queue.roomFor(false), 0);
    assert.equal(bench.queue.roomFor(true), 0, 'nor for quick ones behind them');
    bench.finish(one);
    assert.equal(bench.queue.roomFor(true), 1);
  });

  test('is for more quick calls, twice as many whenever it ran dry, up to a limit', (t) => {
    const { queue } = new Bench(t);
    queue.start();
    const room: number[] = [];
    for (let i = 0; i < 9; i++) {
      room.push(queue.roomFor(true));
      queue.ranDry();
    }
    assert.deepEqual(room, [16, 32, 64, 128, 256, 512, 1024, 1024, 1024]);
    assert.equal(queue.roomFor(false), 2);
  });

  test('grows by the calls that its tasks wait for', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    bench.send(...bench.calls(2));
    bench.queue.awaited = 2;
    assert.equal(bench.queue.roomFor(false), 2);
  });

  test('there is none while a task blocks it', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    bench.send(...bench.calls(1));
    bench.queue.awaited = 1;
    bench.queue.isBlocked = true;
    assert.equal(bench.queue.roomFor(true), 0);
    assert.equal(bench.queue.isBusy, false);
  });

  test('one that is to end has some for what its tasks wait for', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    bench.send(...bench.calls(1));
    bench.queue.leave();
    assert.equal(bench.queue.roomFor(false), 0);
    bench.queue.awaited = 1;
    assert.equal(bench.queue.roomFor(false), 1);
    bench.queue.depart();
    assert.equal(bench.queue.roomFor(false), 0, 'its exit handlers run');
    bench.queue.stay();
    assert.equal(bench.queue.roomFor(false), 1, 'they have not ended it');
  });

  test('ends with the calls that it may do; those taken back do not count', (t) => {
    const bench = new Bench(t, { maxTasks: 2 });
    bench.queue.start();
    const [one, two] = bench.calls(2) as [Call<string>, Call<string>];
    bench.send(one, two);
    assert.equal(bench.queue.hasUsedUpItsCalls, true);
    assert.deepEqual(
      bench.queue.takeBack(two, two, (call) => call.takeBack()),
      [two],
    );
    assert.equal(bench.queue.hasUsedUpItsCalls, false);
    bench.finish(one);
    assert.equal(bench.queue.roomFor(false), 1);
  });

  test('is for one call at a time where there is no claim log, and none is taken back', (t) => {
    const bench = new Bench(t, { log: false });
    bench.queue.start();
    assert.equal(bench.queue.roomFor(true), 1);
    const call = bench.call(QUICK);
    bench.send(call);
    assert.equal(bench.queue.roomFor(true), 0);
    assert.equal(bench.queue.hasBegun(call), true);
    assert.deepEqual(bench.queue.pending(), []);
    assert.deepEqual(
      bench.queue.takeBack(call, call, (each) => each.takeBack()),
      [],
    );
  });
});

suite('what a worker is told', () => {
  test('functions and shapes, once each, before the first call that needs them', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    const entry = { source: { module: 'data:,', path: ['f'] }, name: 'f' };
    bench.functions.push({ ...entry, id: 0 });
    bench.send(bench.call());
    bench.functions.push({ ...entry, id: 1 });
    const shaped = Array.from({ length: 3 }, () => bench.call(QUICK, [{ key: 1 }]));
    bench.send(...shaped);
    bench.send(bench.call());
    assert.deepEqual(bench.handle.log, [
      'function 0',
      'call 1',
      'function 1',
      'shapes 4',
      'call 2',
      'call 3',
      'call 4',
      'call 5',
    ]);
  });

  test('calls that lie in a row, in one write; also with buffers in between', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    const calls = [
      ...bench.calls(3, QUICK),
      bench.call(QUICK, [new Uint8Array(20_000), 'x'.repeat(60_000)]),
      bench.call(QUICK, ['x'.repeat(70_000)]),
      bench.call(QUICK),
    ];
    bench.send(...calls);
    assert.equal(bench.handle.writes, 1);
    assert.deepEqual(
      bench.handle.log,
      calls.map(({ id }) => `call ${id}`),
    );
  });

  test('nothing of a call that was withdrawn before it could be sent', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    const [one, two, three] = bench.calls(3) as [Call<string>, Call<string>, Call<string>];
    two.withdraw();
    bench.send(one, two, three);
    assert.deepEqual(bench.handle.log, ['call 1', 'call 3']);
    assert.equal(bench.queue.inHand, 2);
    assert.deepEqual([one.sequence, three.sequence], [1, 2]);
  });
});

suite('the calls in its hands', () => {
  test('are those sent and not over, in order; begun is what the worker has claimed', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    const calls = bench.calls(5);
    bench.send(...calls);
    bench.worker?.claim(2);
    assert.deepEqual(bench.queue.calls(), calls);
    assert.deepEqual(bench.queue.pending(), calls.slice(2));
    assert.deepEqual(
      calls.map((call) => bench.queue.hasBegun(call)),
      [true, true, false, false, false],
    );
    bench.finish(calls[1]!);
    assert.deepEqual(bench.queue.calls(), [calls[0], ...calls.slice(2)]);
    bench.finish(calls[0]!);
    assert.deepEqual(bench.queue.calls(), calls.slice(2));
    assert.equal(bench.queue.inHand, 3);
    assert.equal(bench.queue.mayTakeLong, true);
  });

  test('are given back, but for those that were begun, and can be sent anew', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    const calls = bench.calls(5, QUICK);
    bench.send(...calls);
    bench.worker?.claim(2);
    const taken = bench.queue.takeBack(calls[0]!, calls[3]!, (call) => call.takeBack());
    assert.deepEqual(taken, calls.slice(2, 4));
    assert.deepEqual(bench.queue.calls(), [calls[0], calls[1], calls[4]]);
    assert.equal(bench.queue.inHand, 3);
    bench.send(...taken);
    assert.deepEqual(
      taken.map(({ sequence, state }) => [sequence, state]),
      [
        [6, DispatchState.Sent],
        [7, DispatchState.Sent],
      ],
    );
    // The worker passes over the first copy of each, and runs the second.
    bench.worker?.claim(7);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7].filter((place) => bench.worker?.isTaken(place)),
      [3, 4],
    );
  });

  test('that were withdrawn are nobody’s any more', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    const calls = bench.calls(2);
    bench.send(...calls);
    assert.equal(bench.queue.takeBack(calls[1]!, calls[1]!, (call) => call.withdraw()).length, 1);
    assert.deepEqual(bench.queue.calls(), [calls[0]]);
    assert.equal(bench.queue.holds(calls[1]!), false);
  });
});

/** Has the worker do as many calls as make a log large. */
/** How many records fit into a log that is not yet worth emptying. */
const RECORDS_KEPT = Math.floor((64 * 1024) / 24);

function workALot(bench: Bench): number {
  return work(bench, RECORDS_KEPT + 1);
}

function work(bench: Bench, claims: number): number {
  let place = 0;
  while (place < claims) {
    const call = bench.call();
    bench.send(call);
    bench.worker?.claim(++place);
    assert.equal(bench.claims?.claimed(), place);
    bench.finish(call);
  }
  return place;
}

suite('the claim log of a queue', () => {
  test('is emptied when it is large and the worker has nothing left; the worker hears it before its next call', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    workALot(bench);
    bench.handle.log.length = 0;
    const [one, two] = bench.calls(2) as [Call<string>, Call<string>];
    bench.send(one);
    bench.send(two);
    assert.deepEqual(bench.handle.log, ['claims-reset', `call ${one.id}`, `call ${two.id}`]);
  });

  test('still tells a worker of a call that was taken back, however late it comes to it', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    // One record short of what is worth emptying, so that taking the call back makes it so.
    const place = work(bench, RECORDS_KEPT) + 1;
    const [cancelled, next] = bench.calls(2) as [Call<string>, Call<string>];
    bench.send(cancelled);
    assert.equal(bench.queue.takeBack(cancelled, cancelled, (call) => call.withdraw()).length, 1);
    bench.send(next);
    // Only now does the worker come to the first of them.
    bench.worker?.claim(place);
    assert.equal(bench.worker?.isTaken(place), true);
  });

  test('that is too large is emptied beside a task that waits for others, when all it was sent was begun', (t) => {
    const bench = new Bench(t);
    bench.queue.start();
    const [waiting, begun, next] = bench.calls(3) as [Call<string>, Call<string>, Call<string>];
    bench.send(waiting);
    bench.queue.awaited = 2;
    bench.worker?.claim(1);
    bench.send(begun);
    growBeyondMeasure(bench);
    assert.equal(bench.queue.mustPassItsLog, true);
    assert.equal(bench.queue.roomFor(false), 0);
    bench.worker?.claim(2);
    assert.equal(bench.queue.mustPassItsLog, false);
    assert.ok(bench.queue.roomFor(false) > 0);
    bench.handle.log.length = 0;
    bench.send(next);
    assert.deepEqual(bench.handle.log, ['claims-reset', `call ${next.id}`]);
    bench.worker?.reset();
    bench.worker?.claim(3);
    assert.equal(bench.queue.hasBegun(next), true);
  });
});

function growBeyondMeasure({ claims }: Bench): void {
  writeSync(claims?.fd ?? -1, new Uint8Array(17 * 1024 * 1024));
  assert.equal(claims?.claimed(), 1);
}
