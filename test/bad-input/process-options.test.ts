/** Wrong options of pools of processes: refused by name; or, where only the start can show it, told in the error. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BrokenProcessPool, PicklingError, ProcessPoolExecutor } from 'concurrent-futures';
import type { ProcessPoolOptions } from 'concurrent-futures';
import { setMark } from '../fixtures/executor-tasks.js';
import { complainForEver } from '../fixtures/initializers.js';
import { add, noop } from '../fixtures/tasks.js';
import { passTime } from '../support/mocked-time.js';
import { processPool } from '../support/process-pool.js';
import { makeProgram, noScripts, waitForEver } from '../support/programs.js';
import { WarningLog } from '../support/warning-log.js';

/** What calls of such a pool fail with: it can't start a worker, and tries again for the next call. */
async function breakage(t: TestContext, options: ProcessPoolOptions): Promise<BrokenProcessPool> {
  const warnings = new WarningLog(t);
  const pool = processPool(t, { maxWorkers: 1, ...options });
  const error = await pool.submit(noop).exception();
  assert.ok(error instanceof BrokenProcessPool, String(error));
  if (options.initializer !== undefined) {
    assert.throws(() => pool.submit(noop), BrokenProcessPool);
    await warnings.next('CF_POOL_BROKEN');
  } else assert.ok(!warnings.codes().includes('CF_POOL_BROKEN'));
  await pool.shutdown();
  assert.equal(pool.stats().workers, 0);
  return error;
}

/** Keeps what workers say away from this process's stderr. @returns when they have said `text`. */
function whenSaid(t: TestContext, text: string): Promise<void> {
  return new Promise((resolve) => {
    let said = '';
    t.mock.method(process.stderr, 'write', (chunk: Uint8Array) => {
      said += Buffer.from(chunk).toString();
      if (said.includes(text)) resolve();
      return true;
    });
  });
}

test('options of the wrong type are refused, naming the option, what it wants and what it got', () => {
  const wrong: [option: keyof ProcessPoolOptions, value: unknown, message: RegExp][] = [
    ['env', 'PATH', /an object, but 'PATH'/],
    ['env', 7, /an object, but 7/],
    ['env', null, /an object, but null/],
    ['cwd', 7, /a path, but 7/],
    ['cwd', '', /a path, but ''/],
    ['cwd', new URL('file:///tmp'), /a path, but an instance of URL/],
    ['execPath', ['node'], /a path, but an instance of Array/],
    ['execPath', '', /a path, but ''/],
    ['execPath', null, /a path, but null/],
    ['execArgv', '--no-warnings', /an array of strings, but '--no-warnings'/],
    ['execArgv', [1], /an array of strings/],
    ['execArgv', { 0: '--no-warnings' }, /an array of strings/],
  ];
  for (const [option, value, message] of wrong) {
    assert.throws(
      () => new ProcessPoolExecutor({ [option]: value }),
      (error) => {
        assert.ok(error instanceof TypeError, `${option}: ${String(value)}`);
        assert.ok(error.message.startsWith(option), error.message);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test('a number of workers that can only be a slip is refused', () => {
  assert.throws(() => new ProcessPoolExecutor({ maxWorkers: 100_000 }), {
    name: 'RangeError',
    message: /maxWorkers.*at most \d+, but 100000/,
  });
});

test('an option that only threads have is refused, and those that there are listed', () => {
  assert.throws(() => new ProcessPoolExecutor({ resourceLimits: {} } as never), {
    name: 'TypeError',
    message: /no option 'resourceLimits'.*execPath/,
  });
});

test('a program and a folder that do not exist are told apart', async (t) => {
  const path = '/there/is/no/such/thing';
  assert.match(
    (await breakage(t, { execPath: path })).message,
    /execPath, '\/there.*', does not exist/,
  );
  assert.match((await breakage(t, { cwd: path })).message, /cwd, '\/there.*', does not exist/);
});

test('a file as the folder, and a folder as the program', async (t) => {
  assert.match((await breakage(t, { cwd: process.execPath })).message, /could not be started/);
  assert.match((await breakage(t, { execPath: process.cwd() })).message, /could not be started/);
});

test('what the system refuses to pass on is the cause', async (t) => {
  for (const options of [{ env: { A: 'a\0b' } }, { cwd: 'a\0b' }, { execArgv: ['a\0b'] }]) {
    const error = await breakage(t, options);
    assert.equal(error.code, 'ERR_WORKER_START');
    assert.match(error.message, /null bytes/);
    assert.ok(error.cause instanceof Error);
  }
});

for (const [what, options] of [
  ['NODE_OPTIONS', { env: { ...process.env, NODE_OPTIONS: '--no-such-option' } }],
  ['execArgv', { execArgv: ['--no-such-option'] }],
] as const) {
  test(`${what} that Node refuses: its complaint is in the error`, async (t) => {
    void whenSaid(t, '');
    const error = await breakage(t, options);
    assert.equal(error.code, 'ERR_WORKER_START');
    assert.match(
      error.message,
      /before it was ready, with exit code 9.*stderr:\n.*--no-such-option/s,
    );
  });
}

test(
  'a program that is no Node and ends at once: what it says is in the error',
  { skip: noScripts },
  async (t) => {
    void whenSaid(t, '');
    const execPath = makeProgram(t, 'echo this is no Node >&2', 'exit 3');
    const error = await breakage(t, { execPath });
    assert.equal(error.code, 'ERR_WORKER_START');
    assert.match(error.message, /with exit code 3.*stderr:\nthis is no Node/s);
  },
);

test(
  'a program that is no Node and never ends is ended after startTimeout',
  { skip: noScripts },
  async (t) => {
    const said = whenSaid(t, 'waiting');
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const execPath = makeProgram(t, 'echo waiting for nothing >&2', waitForEver);
    const broken = breakage(t, { execPath, startTimeout: 700 });
    await said;
    await passTime(t, 1000);
    const error = await broken;
    assert.equal(error.code, 'ERR_WORKER_START');
    assert.match(
      error.message,
      /not ready after 700 ms.*set startTimeout.*stderr:\nwaiting for nothing/s,
    );
  },
);

test(
  'a program that closes the channel, or talks on it, is ended and told why',
  { skip: noScripts },
  async (t) => {
    const closing = makeProgram(t, 'exec 3>&- 3<&-', waitForEver);
    assert.match(String((await breakage(t, { execPath: closing })).cause), /closed the channel/);
    const line = 'this is no frame of ours, and longer than the header of one';
    const talking = makeProgram(t, `echo ${line} >&3`, waitForEver);
    assert.match(String((await breakage(t, { execPath: talking })).cause), /file descriptor 3/);
  },
);

test('an initializer that never returns: after startTimeout, with what it has said', async (t) => {
  const said = whenSaid(t, 'database');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const initArgs = ['looking for the database\n'];
  const broken = breakage(t, { initializer: complainForEver, initArgs, startTimeout: 700 });
  await said;
  await passTime(t, 1000);
  const error = await broken;
  assert.equal(error.code, 'ERR_INITIALIZER');
  assert.match(error.message, /after 700 ms.*stderr:\nlooking for the database/s);
});

test('initArgs that cannot leave the process are refused at construction', () => {
  for (const value of [new SharedArrayBuffer(8), new Blob(['text'])]) {
    const options = { initializer: setMark, initArgs: [value] as never[] };
    assert.throws(() => new ProcessPoolExecutor(options), PicklingError);
  }
});

test('options that are given as undefined are the defaults', async (t) => {
  const options = { env: undefined, cwd: undefined, execArgv: undefined, execPath: undefined };
  assert.equal(await processPool(t, { maxWorkers: 1, ...options }).submit(add, 1, 2), 3);
});
