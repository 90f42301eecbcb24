/** Wrong options: refused at construction or at `with`, by name, and nothing is started. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PoolOptions, ThreadPoolExecutor } from 'concurrent-futures';
import { add, echo, noop } from '../fixtures/tasks.js';
import { backends } from '../support/backends.js';
import { closeAfter } from '../support/held.js';

const wrong: [option: keyof PoolOptions, value: unknown, error: string, message: RegExp][] = [
  ['maxWorkers', 0, 'RangeError', /at least 1, but 0 was given/],
  ['maxWorkers', -1, 'RangeError', /at least 1, but -1 was given/],
  ['maxWorkers', 1.5, 'RangeError', /whole number.*1\.5/],
  ['maxWorkers', Number.NaN, 'RangeError', /whole number.*NaN/],
  ['maxWorkers', Infinity, 'RangeError', /whole number.*Infinity/],
  ['maxWorkers', '4', 'TypeError', /whole number.*'4'/],
  ['maxWorkers', null, 'TypeError', /whole number.*null/],
  ['maxTasksPerChild', 0, 'RangeError', /at least 1, but 0/],
  ['maxTasksPerChild', '1', 'TypeError', /'1'/],
  ['threadNamePrefix', 7, 'TypeError', /a string, but 7/],
  ['initializer', 'setup', 'TypeError', /a function, but 'setup'/],
  ['initArgs', 7, 'TypeError', /an array, but 7/],
  ['onWorkerDeath', 'retry', 'RangeError', /'replace', 'break'.*'retry'/],
  ['startTimeout', 0, 'RangeError', /more than 0/],
  ['startTimeout', -1, 'RangeError', /milliseconds.*-1/],
  ['startTimeout', Number.NaN, 'RangeError', /milliseconds.*NaN/],
  ['startTimeout', 2 ** 31, 'RangeError', /milliseconds.*2147483648/],
  ['startTimeout', '5s', 'TypeError', /milliseconds.*'5s'/],
];

for (const { executorClass: Class } of backends) {
  test(`${Class.name} refuses each wrong option, naming it, what it wants and what it got`, () => {
    for (const [option, value, name, message] of wrong) {
      assert.throws(
        () => new Class({ [option]: value }),
        (error) => {
          assert.ok(error instanceof Error);
          assert.equal(error.name, name, `${option}: ${String(value)}`);
          assert.ok(error.message.startsWith(option), error.message);
          assert.match(error.message, message);
          return true;
        },
      );
    }
  });

  test(`${Class.name} refuses an option it does not know, and lists those it does`, () => {
    assert.throws(() => new Class({ workers: 4 } as never), {
      name: 'TypeError',
      message: /no option 'workers'.*maxWorkers/,
    });
    for (const options of [4, 'four', null, add]) {
      assert.throws(() => new Class(options as never), TypeError);
    }
  });

  test(`${Class.name}.with refuses wrong options, and the pool goes on`, async (t) => {
    const pool = closeAfter(t, new Class({ maxWorkers: 1 }));
    const refused: [options: unknown, name: string, message: RegExp][] = [
      [{ timeout: -1 }, 'RangeError', /timeout.*milliseconds.*-1/],
      [{ timeout: Number.NaN }, 'RangeError', /timeout.*NaN/],
      [{ timeout: '1s' }, 'TypeError', /timeout.*'1s'/],
      [{ signal: {} }, 'TypeError', /signal.*AbortSignal/],
      [{ chunkSize: 0 }, 'RangeError', /chunkSize.*at least 1.*0/],
      [{ bufferSize: 0 }, 'RangeError', /bufferSize.*at least 1.*0/],
      [{ transfer: 'all' }, 'TypeError', /transfer.*array.*'all'/],
      [{ chunksize: 2 }, 'TypeError', /no option 'chunksize'.*chunkSize/],
      [undefined, 'TypeError', /options.*object/],
      [500, 'TypeError', /options.*500/],
    ];
    for (const [options, name, message] of refused) {
      assert.throws(() => pool.with(options as never), { name, message });
    }
    assert.equal(pool.stats().workers, 0);
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  test(`${Class.name}.map refuses what can't be iterated, and submits nothing`, async (t) => {
    const pool = closeAfter(t, new Class({ maxWorkers: 1 }));
    for (const nothing of [undefined, null, 3, {}]) {
      assert.throws(() => pool.map(echo, nothing as never), {
        name: 'TypeError',
        message: /iterables\[0\].*iterable/,
      });
    }
    assert.equal(pool.stats().workers, 0);
    await pool.submit(noop);
  });
}

test('ThreadPoolExecutor refuses wrong options of its own', () => {
  const own: [options: object, message: RegExp][] = [
    [{ env: 'PATH' }, /env.*object.*'PATH'/],
    [{ execArgv: '--no-warnings' }, /execArgv.*array/],
    [{ execArgv: [1] }, /execArgv.*array/],
    [{ resourceLimits: 64 }, /resourceLimits.*object.*64/],
  ];
  for (const [options, message] of own) {
    assert.throws(() => new ThreadPoolExecutor(options), { name: 'TypeError', message });
  }
  assert.throws(() => new ThreadPoolExecutor({ maxWorkers: 100_000 }), {
    name: 'RangeError',
    message: /maxWorkers.*at most/,
  });
});
