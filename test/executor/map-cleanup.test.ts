/** How `map` closes its input: as `for await` does, whatever ends the loop and whatever the input is made of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeoutError } from 'concurrent-futures';
import type { AnyIterable } from '#dist/executor/zip.js';
import { FakeTarget } from '../support/fake-target.js';

const wrong = new Error('cleanup failed');

/** An endless input whose `return()` fails; `log` says what was closed. */
type Maker = (log: string[]) => AnyIterable;

const inputs: readonly [name: string, make: Maker][] = [
  [
    'a sync generator',
    function* (log) {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        log.push('closed');
        // oxlint-disable-next-line no-unsafe-finally -- what is tested
        throw wrong;
      }
    } as Maker,
  ],
  [
    'an async generator',
    async function* (log) {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        log.push('closed');
        // oxlint-disable-next-line no-unsafe-finally -- what is tested
        throw wrong;
      }
    } as Maker,
  ],
  [
    'an async generator that takes its time',
    async function* (log) {
      try {
        for (let i = 0; ; i++) {
          await new Promise(setImmediate);
          yield i;
        }
      } finally {
        await new Promise(setImmediate);
        log.push('closed');
        // oxlint-disable-next-line no-unsafe-finally -- what is tested
        throw wrong;
      }
    } as Maker,
  ],
  [
    'an iterator whose return() throws',
    (log) => ({
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 1 }),
        return() {
          log.push('closed');
          throw wrong;
        },
      }),
    }),
  ],
  [
    'an async iterator whose return() throws',
    (log) => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return() {
          log.push('closed');
          throw wrong;
        },
      }),
    }),
  ],
  [
    'an async iterator whose return() rejects',
    (log) => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return() {
          log.push('closed');
          return Promise.reject(wrong);
        },
      }),
    }),
  ],
];

/** Iterables that go on for ever, and note that they were closed. */
function* numbers(log: string[]): Generator<number> {
  try {
    for (let i = 0; ; i++) yield i;
  } finally {
    log.push('other closed');
  }
}

async function* asyncNumbers(log: string[]): AsyncGenerator<number> {
  try {
    for (let i = 0; ; i++) yield i;
  } finally {
    log.push('other closed');
  }
}

/** Settles each call in the next turn of the event loop. */
function settling(fail?: Error): FakeTarget {
  const target = new FakeTarget();
  target.submitted = ({ future, args }) => {
    setImmediate(() => {
      if (future.done()) return;
      if (fail === undefined) future.setResult(target.chunked ? [[true, args]] : args);
      else future.setException(fail);
    });
  };
  return target;
}

for (const [name, make] of inputs) {
  for (const others of [0, 1, 2]) {
    const beside = ['', ' beside a sync one', ' beside an async one'][others];
    const iterables = (log: string[]): AnyIterable[] => {
      if (others === 0) return [make(log)];
      const other = others === 1 ? numbers(log) : asyncNumbers(log);
      return [make(log), other];
    };
    const closed = others === 0 ? ['closed'] : ['closed', 'other closed'];

    test(`leaving a loop throws what ${name}${beside} throws when it is closed`, async () => {
      for (const chunkSize of [1, 3]) {
        const log: string[] = [];
        let taken = 0;
        const results = settling().map({ bufferSize: 2, chunkSize }, ...iterables(log));
        await assert.rejects(
          async () => {
            for await (const _ of results) if (++taken === 2) break;
          },
          (error) => error === wrong,
        );
        assert.deepEqual(log.toSorted(), closed);
        assert.equal((await results.next()).done, true);
        assert.deepEqual(await results.return(), { value: undefined, done: true });
      }
    });

    test(`leaving before anything is taken closes ${name}${beside}`, async () => {
      const log: string[] = [];
      const target = settling();
      const results = target.map({ bufferSize: 2 }, ...iterables(log));
      // An async input may not have begun, and then has nothing to clean up.
      await new Promise(setImmediate);
      await assert.rejects(results.return(), (error) => error === wrong);
      assert.deepEqual(log.toSorted(), closed);
      assert.ok(target.calls.every(({ future }) => future.done()));
    });

    test(`what ${name}${beside} throws when it is closed hides no error that ended the loop`, async () => {
      const failure = new Error('a task failed');
      const log: string[] = [];
      const all = settling(failure)
        .map({ bufferSize: 2 }, ...iterables(log))
        .toArray();
      await assert.rejects(all, (error) => error === failure);

      await assert.rejects(
        async () => {
          for await (const _ of settling().map({ bufferSize: 2 }, ...iterables(log))) throw failure;
        },
        (error) => error === failure,
      );

      const controller = new AbortController();
      const options = { bufferSize: 2, signal: controller.signal };
      const waiting = new FakeTarget().map(options, ...iterables(log)).next();
      await new Promise(setImmediate);
      controller.abort(failure);
      await assert.rejects(waiting, (error) => error === failure);

      const late = new FakeTarget().map({ bufferSize: 2, timeout: 1 }, ...iterables(log)).next();
      await assert.rejects(late, TimeoutError);

      const refusing = settling();
      const results = refusing.map({ bufferSize: 2 }, ...iterables(log));
      await results.next();
      refusing.refuse = failure;
      await assert.rejects(results.toArray(), (error) => error === failure);
      // All five inputs are closed, those that are async in their own time.
      for (let i = 0; i < 10; i++) await new Promise(setImmediate);
      assert.equal(log.length, 5 * closed.length);
    });
  }
}

test('an input that fails closes the others, whose errors hide nothing', async () => {
  const failure = new Error('no more');
  for (const [name, make] of inputs) {
    const log: string[] = [];
    const failing = function* (): Generator<number> {
      yield 1;
      throw failure;
    };
    const results = settling().map({ bufferSize: 1 }, failing(), make(log));
    assert.equal((await results.next()).done, false, name);
    await assert.rejects(results.next(), (error) => error === failure);
    assert.equal((await results.next()).done, true);
    assert.deepEqual(log, ['closed'], name);
  }
});

test('what closing the longer input throws comes behind the results', async () => {
  for (const [name, make] of inputs) {
    const log: string[] = [];
    const results = settling().map({ bufferSize: 1 }, [1, 2], make(log));
    assert.equal((await results.next()).done, false);
    assert.equal((await results.next()).done, false);
    await assert.rejects(results.next(), (error) => error === wrong, name);
    assert.deepEqual(log, ['closed'], name);
  }
});

test('a map that throws at the call closes its inputs, and throws the first error', () => {
  const failure = new Error('no more');
  const log: string[] = [];
  const throwing = function* (): Generator<number> {
    yield 1;
    throw failure;
  };
  for (const [, make] of inputs.filter(([name]) => !name.includes('async'))) {
    const target = new FakeTarget();
    assert.throws(
      () => target.map({}, make(log), throwing()),
      (error) => error === failure,
    );
    assert.throws(
      () => target.map({}, make(log), { [Symbol.iterator]: () => assert.fail(failure) }),
      (error) => error === failure,
    );
    target.refuse = failure;
    assert.throws(
      () => target.map({}, make(log)),
      (error) => error === failure,
    );
    assert.ok(target.calls.every(({ future }) => future.cancelled()));
  }
  // A generator that was not begun has nothing to clean up.
  assert.equal(log.length, 5);
});

test('an input in the middle of next() is waited for when the loop is left', async () => {
  let answer: (() => void) | undefined;
  const log: string[] = [];
  const input = async function* (): AsyncGenerator<number> {
    try {
      yield 1;
      await new Promise<void>((resolve) => (answer = resolve));
      yield 2;
    } finally {
      log.push('closed');
      // oxlint-disable-next-line no-unsafe-finally -- what is tested
      throw wrong;
    }
  };
  const results = settling().map({ bufferSize: 2 }, input());
  assert.equal((await results.next()).done, false);
  const left = results.return();
  answer?.();
  await assert.rejects(left, (error) => error === wrong);
  assert.deepEqual(log, ['closed']);
});

test('an input that never answers does not keep a loop that is left; its late error is a warning', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let answer: (() => void) | undefined;
  const input = async function* (): AsyncGenerator<number> {
    try {
      yield 1;
      await new Promise<void>((resolve) => (answer = resolve));
      yield 2;
    } finally {
      // oxlint-disable-next-line no-unsafe-finally -- what is tested
      throw wrong;
    }
  };
  const results = settling().map({ bufferSize: 2 }, input());
  assert.equal((await results.next()).done, false);
  const left = results.return();
  t.mock.timers.tick(1000);
  assert.deepEqual(await left, { value: undefined, done: true });
  const warned = new Promise<NodeJS.ErrnoException>((resolve) => {
    process.once('warning', resolve);
  });
  answer?.();
  assert.equal(((await warned) as { code?: string }).code, 'CF_INPUT_CLEANUP');
});

test('an iterator that return() wakes is closed at once, in the middle of next()', async () => {
  let end: ((item: IteratorResult<number>) => void) | undefined;
  let items = 0;
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        items++ === 0
          ? Promise.resolve({ done: false, value: 1 })
          : new Promise((resolve) => (end = resolve)),
      return() {
        end?.({ done: true, value: undefined });
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const results = settling().map({ bufferSize: 2 }, source);
  assert.equal((await results.next()).done, false);
  assert.equal((await results.return()).done, true);
});

test('what was read of a chunk before the input failed comes before the failure', async () => {
  const failure = new Error('no more');
  const sync = function* (): Generator<number> {
    yield* [1, 2, 3, 4, 5, 6];
    throw failure;
  };
  const async = async function* (): AsyncGenerator<number> {
    yield* sync();
  };
  for (const make of [sync, async]) {
    for (const chunkSize of [1, 2, 4, 5, 6, 7, 100]) {
      const target = new FakeTarget();
      target.submitted = ({ future, args }) =>
        future.setResult(
          target.chunked
            ? (args as unknown[][]).map(([item]) => [true, item])
            : (args as unknown[])[0],
        );
      if (make === sync && chunkSize > 6) {
        // Not a result was to be had before it failed, so map itself throws.
        assert.throws(
          () => target.map({ chunkSize, bufferSize: 1 }, make()),
          (error) => error === failure,
        );
        continue;
      }
      const results = target.map({ chunkSize, bufferSize: 1 }, make());
      for (let i = 1; i <= 6; i++) assert.equal((await results.next()).value, i);
      await assert.rejects(results.next(), (error) => error === failure);
      assert.equal((await results.next()).done, true);
    }
  }
});

test('an abort between two next() cancels what has not begun, and submits nothing more', async () => {
  for (const make of [(): AnyIterable => numbers([]), (): AnyIterable => asyncNumbers([])]) {
    const reason = new Error('enough');
    const controller = new AbortController();
    const target = new FakeTarget();
    const results = target.map({ bufferSize: 3, signal: controller.signal }, make());
    await new Promise(setImmediate);
    target.settle(0, 'a');
    target.calls[1]?.future.setRunningOrNotifyCancel();
    controller.abort(reason);
    assert.deepEqual(
      target.calls.map(({ future }) => future.state),
      ['finished', 'running', 'cancelled'],
    );
    target.settle(1, 'b');
    assert.equal((await results.next()).value, 'a');
    assert.equal((await results.next()).value, 'b');
    await assert.rejects(results.next(), (error) => error === reason);
    assert.equal((await results.next()).done, true);
    assert.equal(target.calls.length, 3);
  }
});
