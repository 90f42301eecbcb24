/** When a worker's loop begins which call, and when none any more, seen on a port that only has a list of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallLoop } from '#dist/worker/call-loop.js';
import type { WorkerPort } from '#dist/worker/call-port.js';
import type { FunctionTable } from '#dist/worker/function-table.js';

/** A loop whose calls go on until the test ends them, but for those called 'at once'. */
class Bench {
  readonly begun: string[] = [];
  readonly ended: string[] = [];
  readonly faults: unknown[] = [];
  /** What the port fails with from now on. */
  fault: Error | undefined = undefined;
  readonly queue: string[] = [];
  readonly own = {
    awaited: 0,
    forgetAwaited(): void {
      this.awaited = 0;
    },
  };
  readonly loop: CallLoop<string>;
  isResting = false;
  readonly #ends = new Map<string, () => void>();

  constructor() {
    const port: Partial<WorkerPort<string>> = {
      claim: () => {
        if (this.fault !== undefined) throw this.fault;
        return this.queue.shift();
      },
      functionOf: () => 0,
      isChunk: () => false,
      isCaptured: () => false,
      argumentsOf: (call) => [call],
      putValue: () => {
        if (this.fault !== undefined) throw this.fault;
      },
      putError: () => {
        if (this.fault !== undefined) throw this.fault;
      },
      begins: (call) => void this.begun.push(call),
      ended: (call) => void this.ended.push(call),
      leaves: () => {},
      resumes: () => {
        this.isResting = false;
      },
      turns: () => {},
      rests: () => (this.isResting = true),
      unrest: () => {
        this.isResting = false;
        return true;
      },
    };
    const run = (call: string): Promise<void> =>
      call === 'at once'
        ? Promise.resolve()
        : new Promise((resolve) => void this.#ends.set(call, resolve));
    const functions: Partial<FunctionTable> = { get: () => run as never, nameOf: () => 'run' };
    this.loop = new CallLoop<string>(
      port as WorkerPort<string>,
      functions as FunctionTable,
      this.own,
      { name: 'test_0', maxTasks: 0, onFault: (error) => void this.faults.push(error) },
    );
    this.loop.resume();
  }

  submit(...calls: string[]): void {
    this.queue.push(...calls);
    this.loop.wake();
  }

  async end(call: string): Promise<void> {
    this.#ends.get(call)?.();
    await new Promise(setImmediate);
  }

  /** The task of a call under way submits others to its pool. */
  submitInside(...calls: string[]): void {
    this.queue.push(...calls);
    for (let i = 0; i < calls.length; i++) {
      this.own.awaited++;
      this.loop.resume();
    }
  }

  settleInside(): void {
    this.own.awaited--;
    this.loop.stopIfFull();
  }
}

test('one call at a time, until its promise settles', async () => {
  const bench = new Bench();
  bench.submit('one', 'two');
  assert.deepEqual(bench.begun, ['one']);
  await bench.end('one');
  assert.deepEqual(bench.begun, ['one', 'two']);
});

test('as many others as the task waits for, and no more', async () => {
  const bench = new Bench();
  bench.submit('one');
  bench.submitInside('two', 'three');
  bench.queue.push('four');
  assert.deepEqual(bench.begun, ['one', 'two', 'three']);
  await bench.end('two');
  assert.deepEqual(bench.begun, ['one', 'two', 'three', 'four'], 'it waits for it still');
});

test('one at a time again when the task waits no longer', async () => {
  const bench = new Bench();
  bench.submit('one');
  bench.submitInside('two');
  await bench.end('two');
  assert.equal(bench.isResting, true);
  bench.settleInside();
  assert.equal(bench.isResting, false, 'nobody is to count on it');
  bench.submit('three', 'four');
  assert.deepEqual(bench.begun, ['one', 'two']);
  await bench.end('one');
  assert.deepEqual(bench.begun, ['one', 'two', 'three']);
});

test('nothing begins while a task reads messages in the middle of its code, and nobody counts on its worker', async () => {
  const bench = new Bench();
  bench.submit('one');
  bench.submitInside('two');
  await bench.end('two');
  assert.equal(bench.isResting, true);
  bench.loop.hold();
  assert.equal(bench.isResting, false);
  bench.submit('three');
  assert.deepEqual(bench.begun, ['one', 'two']);
  bench.loop.release();
  await new Promise(setImmediate);
  assert.deepEqual(bench.begun, ['one', 'two', 'three']);
});

test('what a task has submitted and not waited for lets nothing in when it is over', async () => {
  const bench = new Bench();
  bench.submit('one');
  bench.own.awaited = 3;
  await bench.end('one');
  bench.submit('two', 'three');
  assert.deepEqual(bench.begun, ['one', 'two']);
});

test('calls that end bring no further one where others are still under way', async () => {
  const bench = new Bench();
  bench.submit('one');
  bench.submitInside('two', 'three');
  bench.settleInside();
  bench.settleInside();
  bench.queue.push('four');
  await bench.end('two');
  await bench.end('three');
  assert.deepEqual(bench.begun, ['one', 'two', 'three']);
  await bench.end('one');
  assert.deepEqual(bench.begun, ['one', 'two', 'three', 'four']);
});

test('a promise that is settled already has its outcome out before the next call begins', async () => {
  const bench = new Bench();
  bench.submit('one');
  bench.own.awaited = 3;
  bench.queue.push('at once', 'two');
  bench.loop.resume();
  assert.deepEqual(bench.begun, ['one', 'at once']);
  await new Promise(setImmediate);
  assert.deepEqual(bench.ended, ['at once']);
  assert.deepEqual(bench.begun, ['one', 'at once', 'two']);
});

const broken = new Error('the port is broken');

test('a port that fails to claim ends the loop, which tells it once', () => {
  const bench = new Bench();
  bench.fault = broken;
  bench.submit('one');
  bench.fault = undefined;
  bench.submit('two');
  bench.loop.resume();
  assert.deepEqual(bench.faults, [broken]);
  assert.deepEqual(bench.begun, []);
  assert.equal(bench.loop.hasEnded, true);
});

test('a port that fails to take an outcome ends the loop, whenever the call is over', async () => {
  for (const call of ['one', 'at once']) {
    const bench = new Bench();
    bench.submit(call);
    bench.fault = broken;
    await bench.end(call);
    assert.deepEqual(bench.faults, [broken]);
    assert.equal(bench.loop.hasEnded, true);
  }
});
