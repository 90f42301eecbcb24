/** The dispatcher with workers that do what a true one never would, or only at the wrong moment. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SHAPE_REGION_BYTES, ShapeWriter } from '#dist/codec/shapes.js';
import type { WorkerDeath } from '#dist/errors.js';
import { Call } from '#dist/process/call.js';
import { Dispatcher } from '#dist/process/dispatcher.js';
import { FrameWriter } from '#dist/process/frame-writer.js';
import { FrameKind } from '#dist/process/frame-layout.js';
import { FrameOutcomes } from '#dist/process/frame-outcomes.js';
import type { FromProcess } from '#dist/protocol/process-messages.js';

const script = fileURLToPath(new URL('../fixtures/fake-worker.js', import.meta.url));

interface Exit {
  readonly death: WorkerDeath;
  readonly lost: readonly string[];
}

/** A dispatcher whose only worker is replaced whenever it ends, and a log of all that it tells. */
class Desk {
  readonly outcomes: [owner: string, value: unknown][] = [];
  readonly messages: FromProcess['kind'][] = [];
  readonly exits: Exit[] = [];
  readonly dispatcher: Dispatcher<string>;
  readonly #events = new EventEmitter();
  readonly #reader = new FrameOutcomes();
  readonly #writer: FrameWriter;
  #ending = false;
  #lastId = 0;

  constructor(t: TestContext, behaviour: string) {
    const shapes = new Uint8Array(SHAPE_REGION_BYTES);
    this.#writer = new FrameWriter(new ShapeWriter(new DataView(shapes.buffer)));
    // What would be the worker's script becomes an argument of ours.
    const options = { execArgv: [script, behaviour] };
    this.dispatcher = new Dispatcher<string>(
      { maxWorkers: 1, maxTasksPerChild: 0, options, shapes, entry: 'not-run' },
      {
        outcome: (_lane, { owner }, frame) => {
          this.#reader.read(frame, 'task');
          this.outcomes.push([owner, this.#reader.takeValue()]);
          this.#events.emit('change');
        },
        shapes: (_lane, frame) => this.#reader.learn(frame),
        message: (_lane, message) => {
          this.messages.push(message.kind);
          this.#events.emit('change');
        },
        leaving: () => {},
        emptied: () => {},
        exited: (_lane, death, _cause, _leaving, lost) => {
          this.exits.push({ death, lost: lost.map(({ owner }) => owner) });
          if (!this.#ending) this.spawn();
          this.#events.emit('change');
        },
      },
    );
    this.spawn();
    t.after(async () => {
      this.#ending = true;
      const { length } = this.exits;
      this.dispatcher.close(0);
      await this.when(() => this.exits.length > length);
      this.dispatcher.end();
    });
  }

  spawn(): void {
    const start = { name: 'fake', initializer: undefined, maxTasks: 0, importTimeout: 1000 };
    this.dispatcher.spawn(0, start);
  }

  add(owner: string): number {
    const id = ++this.#lastId;
    const frame = this.#writer.put(FrameKind.Call, 0, id, 0, [owner], true, false);
    this.dispatcher.add(new Call(id, 0, frame, owner));
    return id;
  }

  async when(condition: () => boolean): Promise<void> {
    // A pool holds the process as long as it has calls; here nobody else does.
    const hold = setInterval(() => {}, 60_000);
    while (!condition()) await once(this.#events, 'change');
    clearInterval(hold);
  }
}

test('a call that its worker had not begun goes to the next, but not for ever', async (t) => {
  const desk = new Desk(t, 'dies with calls in its hands');
  desk.add('one');
  desk.add('two');
  await desk.when(() => desk.dispatcher.calls.size === 0);
  // A worker has both in its hands, and may be killed by either.
  const lost = desk.exits.map((exit) => exit.lost);
  assert.deepEqual(
    lost.flat().toSorted((a, b) => a.localeCompare(b)),
    ['one', 'two'],
  );
  assert.deepEqual(lost.slice(0, 2), [[], []]);
  assert.deepEqual(desk.outcomes, []);
});

test('a call that its worker had begun is lost with it; the one behind goes on', async (t) => {
  const desk = new Desk(t, 'dies with a call that it has begun');
  desk.add('one');
  desk.add('two');
  await desk.when(() => desk.dispatcher.calls.size === 0);
  assert.deepEqual(
    desk.exits.map(({ lost, death }) => [lost, death.exitCode]),
    [
      [['one'], 5],
      [['two'], 5],
    ],
  );
});

test('an outcome counts once, and only for a call that the worker has', async (t) => {
  const desk = new Desk(t, 'tells outcomes twice, and of calls that it does not have');
  for (const owner of ['one', 'two', 'three']) desk.add(owner);
  await desk.when(() => desk.dispatcher.calls.size === 0);
  assert.deepEqual(desk.outcomes, [
    ['one', 'of 1'],
    ['two', 'of 2'],
    ['three', 'of 3'],
  ]);
  assert.deepEqual(desk.exits, []);
});

test('a frame of a kind that nobody knows is passed over', async (t) => {
  const desk = new Desk(t, 'says what nobody knows');
  desk.add('one');
  desk.add('two');
  await desk.when(() => desk.dispatcher.calls.size === 0);
  assert.deepEqual(desk.outcomes, [
    ['one', 'of 1'],
    ['two', 'of 2'],
  ]);
  assert.deepEqual(desk.messages, ['ready']);
});

test('a call that is in the queue, or that its worker has not begun, can be withdrawn', async (t) => {
  const desk = new Desk(t, 'says what nobody knows');
  const ids = ['one', 'two', 'three'].map((owner) => desk.add(owner));
  // No worker is ready yet.
  assert.equal(desk.dispatcher.pending().length, 3);
  assert.equal(desk.dispatcher.withdraw(ids[1] ?? 0), true);
  assert.equal(desk.dispatcher.withdraw(ids[1] ?? 0), false);
  assert.equal(desk.dispatcher.withdraw(999), false);
  await desk.when(() => desk.dispatcher.calls.size === 0);
  assert.deepEqual(
    desk.outcomes.map(([owner]) => owner),
    ['one', 'three'],
  );
  assert.equal(desk.dispatcher.withdraw(ids[0] ?? 0), false);
});

test('a worker whose calls are all withdrawn is given the next', async (t) => {
  const desk = new Desk(t, 'begins the third call only');
  await desk.when(() => desk.messages.includes('ready'));
  const [one, two] = ['one', 'two', 'three'].map((owner) => desk.add(owner));
  // It has as many as it may have in its hands, and will never say anything of them.
  await new Promise(setImmediate);
  assert.equal(desk.dispatcher.withdraw(one ?? 0), true);
  assert.equal(desk.dispatcher.withdraw(two ?? 0), true);
  await desk.when(() => desk.dispatcher.calls.size === 0);
  assert.deepEqual(desk.outcomes, [['three', 'of 3']]);
});

test('what a worker does not come to is not taken back only to be given to it again', async (t) => {
  const desk = new Desk(
    t,
    'begins nothing before the fifth call, and says how often it was sent any',
  );
  await desk.when(() => desk.messages.includes('ready'));
  // As if a task of it waited for others, so that it has room although it begins nothing.
  desk.dispatcher.setWaiting(0, 10, false);
  for (const owner of ['one', 'two', 'three', 'four', 'five']) {
    desk.add(owner);
    letSomeTimePass();
  }
  await desk.when(() => desk.dispatcher.calls.size === 0);
  assert.deepEqual(
    desk.outcomes.map(([, sent]) => sent),
    [5, 5, 5, 5, 5],
  );
});

/** More than makes a worker that says nothing count as busy with something long. */
function letSomeTimePass(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
}
