/**
 * What every runtime is asked: checks that use nothing but the public API and `node:assert`, because
 * the test runners of Bun and Deno do not run a suite of `node:test`.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  BrokenExecutor,
  CancelledError,
  type Executor,
  InlineExecutor,
  PicklingError,
  type PoolOptions,
  ProcessPoolExecutor,
  ShutdownError,
  ThreadPoolExecutor,
  TimeoutError,
} from 'concurrent-futures';
import { exhaustMemory, exitWith, rejectUnhandled } from '../fixtures/crashing-tasks.ts';
import { PaymentError, throwPayment } from '../fixtures/error-classes.ts';
import { readMark, setMark } from '../fixtures/executor-tasks.ts';
import { addTwice, blockDown, knowsItsExecutor } from '../fixtures/nested-tasks.ts';
import { bump, bumpShared } from '../fixtures/payload-tasks.ts';
import { Doubler, twice } from '../fixtures/untagged.ts';
import { exitSaying, signalSelf } from '../fixtures/process-tasks.ts';
import { add, burn, echo, fail, sleep, waitAt, whichWorker } from '../fixtures/tasks.ts';
import { write } from '../fixtures/writing-tasks.ts';
import { Gate } from '../support/gate.ts';
import { listed, makeList } from '../support/lists.ts';
import { until, whenGone } from '../support/processes.ts';

type WorkerPool = Executor & Pick<ThreadPoolExecutor, 'module' | 'stats'>;

/** `managed`: processes with `manager: 'thread'`, the kind on which a thread can block. */
export type Kind = 'inline' | 'threads' | 'processes' | 'managed';

const all: readonly Kind[] = ['inline', 'threads', 'processes', 'managed'];
const workers: readonly Kind[] = ['threads', 'processes', 'managed'];
const blocking: readonly Kind[] = ['threads', 'managed'];
const processes: readonly Kind[] = ['processes', 'managed'];

export interface Check {
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly options?: PoolOptions & { resourceLimits?: { maxOldGenerationSizeMb: number } };
  run(pool: WorkerPool, kind: Kind): Promise<void>;
}

export function makePool(kind: Kind, options: Check['options'] = {}): WorkerPool {
  const settings = { maxWorkers: 2, ...options };
  switch (kind) {
    case 'inline':
      return new InlineExecutor(settings) as unknown as WorkerPool;
    case 'threads':
      return new ThreadPoolExecutor(settings);
    case 'processes':
      return new ProcessPoolExecutor(settings);
    default:
      return new ProcessPoolExecutor({ ...settings, manager: 'thread' });
  }
}

/** The worker died with the call; the pool lives on. */
async function seesDeath(pool: WorkerPool, call: Promise<unknown>, exitCode?: number) {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BrokenExecutor, String(error));
  assert.equal(error.code, 'ERR_WORKER_DIED');
  if (exitCode !== undefined) assert.equal(error.exitCode, exitCode);
  assert.equal(await pool.submit(add, 3, 4), 7);
  return error;
}

export const checks: readonly Check[] = [
  {
    name: 'submit by task()',
    kinds: all,
    async run(pool) {
      assert.equal(await pool.submit(add, 1, 2), 3);
      assert.equal(await pool.submit(sleep, 1), 1);
    },
  },
  {
    name: 'submit by module()',
    kinds: workers,
    async run(pool) {
      const url = new URL('../fixtures/tasks.js', import.meta.url);
      const tasks = pool.module<typeof import('../fixtures/tasks.ts')>(url);
      assert.equal(await tasks.add(2, 3), 5);
    },
  },
  {
    name: 'submit an exported function that has no tag',
    kinds: workers,
    async run(pool) {
      assert.equal(await pool.submit(twice, 4), 8);
      assert.equal(await pool.submit(Doubler.of, 5), 10);
      assert.equal(await pool.submit(Math.max, 1, 2), 2);
    },
  },
  {
    name: 'submit a closure with a captured variable',
    kinds: workers,
    async run(pool) {
      const table = new Map([['a', 1]]);
      assert.equal(await pool.submit((key: string) => table.get(key), 'a'), 1);
    },
  },
  {
    name: 'a new function after others, when the workers are idle',
    kinds: all,
    async run(pool) {
      for (let i = 0; i < 20; i++) {
        assert.equal(await pool.submit(add, i, 1), i + 1);
        await sleep(5);
      }
      assert.equal(await pool.submit(sleep, 2), 2);
      assert.equal(await pool.submit(burn, 1), 1);
    },
  },
  {
    name: 'map in input order, a few thousand calls, and in chunks',
    kinds: all,
    async run(pool) {
      const numbers = Array.from({ length: 3000 }, (_, i) => i);
      const expected = numbers.map((n) => n * 2);
      assert.deepEqual(await pool.map(add, numbers, numbers).toArray(), expected);
      const chunked = pool.with({ chunkSize: 100 }).map(add, numbers, numbers);
      assert.deepEqual(await chunked.toArray(), expected);
    },
  },
  {
    name: 'tasks run outside the calling thread, on several workers',
    kinds: workers,
    async run(pool) {
      const gate = new Gate();
      const held = [1, 2].map((id) => pool.submit(waitAt<number>, gate.address, id));
      await gate.whenArrived(2);
      gate.open();
      assert.deepEqual(await Promise.all(held), [1, 2]);
      assert.notEqual(await pool.submit(whichWorker), whichWorker());
    },
  },
  {
    name: 'values there and back',
    kinds: workers,
    async run(pool) {
      const ring: { self?: unknown } = {};
      ring.self = ring;
      const values = [
        new Map<unknown, unknown>([[1, { at: new Date(5), of: new Set(['a', 2n ** 80n]) }]]),
        [undefined, null, -0, Number.NaN, 'ä\u{1f600}', 'x'.repeat(200_000)],
        { floats: new Float64Array([1.5, 2]), text: /a+/giu, sparse: Object.assign([1], { 3: 4 }) },
      ];
      for (const value of values) assert.deepEqual(await pool.submit(echo<unknown>, value), value);
      const back = await pool.submit(echo<typeof ring>, ring);
      assert.equal(back.self, back);
      await assert.rejects(pool.submit(echo<unknown>, new WeakMap()).result(), PicklingError);
    },
  },
  {
    name: 'large buffers copied',
    kinds: workers,
    async run(pool) {
      const bytes = new Uint8Array(3_000_000).fill(9);
      const back = await pool.submit(bump, bytes);
      assert.deepEqual([back.length, back[0], bytes[0]], [bytes.length, 10, 9]);
    },
  },
  {
    name: 'large buffers moved',
    kinds: workers,
    async run(pool) {
      const bytes = new Uint8Array(3_000_000).fill(9);
      const back = await pool.with({ transfer: [bytes.buffer] }).submit(bump, bytes);
      assert.deepEqual([back.length, back[0], bytes.length], [3_000_000, 10, 0]);
    },
  },
  {
    name: 'shared memory is shared with threads, and refused by processes',
    kinds: workers,
    async run(pool, kind) {
      const memory = new SharedArrayBuffer(8);
      const call = pool.submit(bumpShared, memory).result();
      if (kind === 'threads') assert.equal(await call, true);
      else await assert.rejects(call, PicklingError);
    },
  },
  {
    name: 'errors arrive with class, properties and cause',
    kinds: all,
    async run(pool) {
      await assert.rejects(pool.submit(fail, 'no').result(), TypeError);
      const error: unknown = await pool.submit(throwPayment, 200).exception();
      assert.ok(error instanceof PaymentError && error.isLarge);
      assert.equal((error.cause as Error).name, 'QuotaError');
      assert.match(error.stack ?? '', /throwPayment/);
    },
  },
  {
    name: 'an error has the stack of its caller',
    kinds: workers,
    async run(pool) {
      const callsFromHere = () => {
        // Not returned at once: in Bun a tail call leaves no frame.
        const future = pool.submit(fail, 'no');
        return future;
      };
      // Records of callers get a share of the time: by the end of this one there is some again.
      await pool.submit(sleep, 50);
      const error: unknown = await callsFromHere().exception();
      assert.match((error as Error).stack ?? '', /callsFromHere/);
    },
  },
  {
    name: 'cancel before, and not after, a call has begun',
    kinds: all,
    options: { maxWorkers: 1 },
    async run(pool) {
      const gate = new Gate();
      const running = pool.submit(waitAt<number>, gate.address, 1);
      const pending = pool.submit(add, 1, 2);
      await gate.whenArrived(1);
      assert.deepEqual([running.running(), running.cancel()], [true, false]);
      assert.deepEqual([pending.cancel(), pending.cancelled()], [true, true]);
      await assert.rejects(pending.result(), CancelledError);
      gate.open();
      assert.equal(await running, 1);
    },
  },
  {
    name: 'a timeout fails the call, and abort cancels it',
    kinds: all,
    options: { maxWorkers: 1 },
    async run(pool) {
      const gate = new Gate();
      const running = pool.submit(waitAt<number>, gate.address, 1);
      await gate.whenArrived(1);
      await assert.rejects(pool.with({ timeout: 20 }).submit(add, 1, 2).result(), TimeoutError);
      const controller = new AbortController();
      const aborted = pool.with({ signal: controller.signal }).submit(add, 1, 2);
      controller.abort();
      await assert.rejects(aborted.result(), CancelledError);
      gate.open();
      assert.equal(await running, 1);
    },
  },
  {
    name: 'currentExecutor(), and calls of a task to its own pool',
    kinds: all,
    options: { maxWorkers: 1 },
    async run(pool) {
      assert.equal(await pool.submit(knowsItsExecutor), true);
      assert.equal(await pool.submit(addTwice, 2, 3), 10);
    },
  },
  {
    name: 'a task blocks on a call of its own pool',
    kinds: workers,
    async run(pool) {
      assert.equal(await pool.submit(blockDown, 1), 7);
      await assert.rejects(pool.submit(blockDown, 5).result(), { code: 'ERR_DEADLOCK' });
    },
  },
  {
    name: 'resultSync() blocks until the outcome is there',
    kinds: blocking,
    async run(pool) {
      assert.equal(pool.submit(add, 1, 2).resultSync({ timeout: 10_000 }), 3);
      assert.throws(() => pool.submit(fail, 'no').resultSync({ timeout: 10_000 }), TypeError);
      assert.equal(await pool.submit(add, 1, 2), 3);
    },
  },
  {
    name: 'resultSync() of a value that travels as a message',
    kinds: blocking,
    async run(pool) {
      assert.equal(await pool.submit(add, 1, 2), 3);
      for (let i = 0; i < 20; i++) {
        const pattern = pool.submit(echo<RegExp>, /a/).resultSync({ timeout: 5_000 });
        assert.equal(pattern.source, 'a');
        const bytes = pool.submit(bump, new Uint8Array(2_000_000)).resultSync({ timeout: 5_000 });
        assert.equal(bytes.length, 2_000_000);
        await sleep(1);
      }
    },
  },
  {
    name: 'an initializer runs before the first call',
    kinds: workers,
    options: { initializer: setMark, initArgs: ['here'] },
    async run(pool) {
      assert.deepEqual(await pool.submit(readMark), { mark: 'here', initialized: 1 });
    },
  },
  {
    name: 'output is captured',
    kinds: workers,
    async run(pool) {
      const future = pool.with({ captureOutput: true }).submit(write, 'to stdout', 'to stderr');
      await future;
      assert.match(future.output?.stdout ?? '', /to stdout/);
      assert.match(future.output?.stderr ?? '', /to stderr/);
    },
  },
  {
    name: 'a worker that exits fails its call alone, and is replaced',
    kinds: workers,
    async run(pool) {
      await seesDeath(pool, pool.submit(exitWith, 7).result(), 7);
      await seesDeath(pool, pool.submit(exitWith, 0).result(), 0);
    },
  },
  {
    name: 'a worker that exits while its parent is blocked',
    kinds: blocking,
    async run(pool) {
      const call = pool.submit(exitWith, 7);
      assert.throws(() => call.resultSync({ timeout: 10_000 }), { code: 'ERR_WORKER_DIED' });
      assert.equal(await pool.submit(add, 3, 4), 7);
    },
  },
  {
    name: 'a worker that dies of an unhandled rejection says of which',
    kinds: workers,
    async run(pool) {
      const error = await seesDeath(pool, pool.submit(rejectUnhandled, 'nobody').result());
      assert.match(String((error.cause as Error | undefined)?.message), /nobody/);
    },
  },
  {
    name: 'the last words of a worker process',
    kinds: processes,
    async run(pool) {
      const error = await seesDeath(pool, pool.submit(exitSaying, 4, 'last words\n').result(), 4);
      assert.match(error.stderr ?? '', /last words/);
    },
  },
  {
    name: 'a worker process that is killed',
    kinds: processes,
    async run(pool) {
      const error = await seesDeath(pool, pool.submit(signalSelf, 'SIGKILL', '').result());
      assert.equal(error.signal, 'SIGKILL');
    },
  },
  {
    name: 'resourceLimits end a thread, and not the program',
    kinds: ['threads'],
    options: { maxWorkers: 1, resourceLimits: { maxOldGenerationSizeMb: 24 } },
    async run(pool) {
      await seesDeath(pool, pool.submit(exhaustMemory).result());
    },
  },
  {
    name: 'workers are replaced after maxTasksPerChild',
    kinds: workers,
    options: { maxWorkers: 1, maxTasksPerChild: 2 },
    async run(pool) {
      const ran = [];
      for (let i = 0; i < 6; i++) ran.push(await pool.submit(whichWorker));
      assert.equal(new Set(ran).size, 3);
    },
  },
  {
    name: 'shutdown waits for what is pending, and refuses what comes after',
    kinds: all,
    async run(pool) {
      const calls = [1, 2, 3, 4].map((ms) => pool.submit(sleep, ms));
      await pool.shutdown();
      assert.deepEqual(await Promise.all(calls), [1, 2, 3, 4]);
      assert.throws(() => pool.submit(add, 1, 2), ShutdownError);
    },
  },
  {
    name: 'shutdown cancels what is pending, if asked to',
    kinds: all,
    options: { maxWorkers: 1 },
    async run(pool) {
      const gate = new Gate();
      const running = pool.submit(waitAt<number>, gate.address, 1);
      const pending = pool.submit(add, 1, 2);
      await gate.whenArrived(1);
      const over = pool.shutdown({ cancelFutures: true });
      gate.open();
      await over;
      assert.deepEqual([await running, pending.cancelled()], [1, true]);
    },
  },
  {
    name: 'workers end with a parent that is killed, whatever they do',
    kinds: ['processes'],
    async run() {
      const cleanups: (() => void)[] = [];
      const list = makeList({ after: (fn) => cleanups.push(fn) });
      const program = fileURLToPath(new URL('../fixtures/mortal-parent.js', import.meta.url));
      const child = spawn(process.execPath, [program, list], { stdio: 'pipe' });
      try {
        await until(
          () => listed(list).length === 4,
          () => 'the workers are not busy',
        );
        child.kill('SIGKILL');
        await whenGone(listed(list));
      } finally {
        child.kill('SIGKILL');
        for (const cleanup of cleanups) cleanup();
      }
    },
  },
  {
    name: 'an idle pool that is forgotten does not hold the process',
    kinds: all,
    async run(_pool, kind) {
      assert.equal(await makePool(kind).submit(add, 1, 2), 3);
    },
  },
];
