/** An InlineExecutor stands in for a pool: it takes the same options, and refuses the same ones in the same words. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  BrokenExecutor,
  type Executor,
  InlineExecutor,
  type InlineOptions,
  type PoolOptions,
  ProcessPoolExecutor,
  type ProcessPoolOptions,
  ThreadPoolExecutor,
  type ThreadPoolOptions,
} from 'concurrent-futures';
import { closeAfter } from '../support/held.js';
import { WarningLog } from '../support/warning-log.js';

type Wrong<O> = readonly (readonly [option: keyof O, value: unknown])[];

const poolOptions: PoolOptions & Pick<InlineOptions, 'env' | 'execArgv'> = {
  maxWorkers: 2,
  threadNamePrefix: 'stand-in',
  initializer: () => {},
  initArgs: [],
  maxTasksPerChild: 3,
  onWorkerDeath: 'break',
  functions: 'auto',
  startTimeout: 60_000,
  env: { ...process.env, A: '1' },
  execArgv: ['--no-warnings'],
};
const threadOptions: ThreadPoolOptions = { ...poolOptions, resourceLimits: { stackSizeMb: 4 } };
const processOptions: ProcessPoolOptions = {
  ...poolOptions,
  cwd: '/',
  execPath: process.execPath,
  manager: 'thread',
};

const wrongEverywhere: Wrong<typeof poolOptions> = [
  ['maxWorkers', 0],
  ['maxWorkers', '4'],
  ['threadNamePrefix', 7],
  ['initializer', 'setup'],
  ['initArgs', 7],
  ['maxTasksPerChild', 0],
  ['onWorkerDeath', 'retry'],
  ['functions', 'value'],
  ['startTimeout', 0],
  ['startTimeout', '5s'],
  ['env', 'PATH'],
  ['execArgv', [1]],
];
const wrongOfThreads: Wrong<ThreadPoolOptions> = [['resourceLimits', 64]];
const wrongOfProcesses: Wrong<ProcessPoolOptions> = [
  ['cwd', ''],
  ['execPath', 5],
  ['manager', 'nobody'],
];

const endless = (): Promise<void> => new Promise(() => {});

/** What a constructor throws. */
function refusal(Class: new (options: object) => Executor, options: object): object {
  try {
    void new Class(options).shutdown();
  } catch (error) {
    assert.ok(error instanceof Error);
    const { name, message } = error;
    return { name, message, code: (error as { code?: unknown }).code };
  }
  return assert.fail(`${Class.name} takes ${JSON.stringify(options)}`);
}

suite('options of pools', () => {
  test('are taken by each of the three, all those that they have in common', (t) => {
    for (const Class of [ThreadPoolExecutor, ProcessPoolExecutor, InlineExecutor]) {
      const pool: Executor = closeAfter(t, new Class(poolOptions));
      assert.equal(pool.stats().maxWorkers, 2);
    }
  });

  test('of threads alone, or of processes alone, are taken inline and make no difference', async (t) => {
    closeAfter(t, new ThreadPoolExecutor(threadOptions));
    closeAfter(t, new ProcessPoolExecutor(processOptions));
    for (const options of [
      threadOptions,
      processOptions,
      { ...threadOptions, ...processOptions },
    ]) {
      const pool = closeAfter(t, new InlineExecutor(options));
      assert.equal(await pool.submit(() => process.cwd()), process.cwd());
      assert.equal(await pool.submit(() => process.env['A']), process.env['A']);
    }
  });

  test('are refused in the same words by each of the three', () => {
    for (const [option, value] of wrongEverywhere) {
      const options = { [option]: value };
      const inline = refusal(InlineExecutor, options);
      assert.deepEqual(refusal(ThreadPoolExecutor, options), inline);
      assert.deepEqual(refusal(ProcessPoolExecutor, options), inline);
      assert.match(JSON.stringify(inline), new RegExp(`"${option} must be`));
    }
    for (const [option, value] of wrongOfThreads) {
      const options = { [option]: value };
      assert.deepEqual(refusal(InlineExecutor, options), refusal(ThreadPoolExecutor, options));
    }
    for (const [option, value] of wrongOfProcesses) {
      const options = { [option]: value };
      assert.deepEqual(refusal(InlineExecutor, options), refusal(ProcessPoolExecutor, options));
    }
  });

  test('that no pool has are refused, with a list of those of all pools', () => {
    assert.throws(() => new InlineExecutor({ workers: 2 } as InlineOptions), {
      code: 'ERR_UNKNOWN_OPTION',
      message: /no option 'workers'.*maxWorkers.*resourceLimits, cwd, execPath, manager/,
    });
  });

  test('are refused by the compiler, too, where their types are wrong', () => {
    // @ts-expect-error -- a number is no environment
    assert.throws(() => new InlineExecutor({ env: 5 }), TypeError);
    // @ts-expect-error -- no manager of a pool has this name
    assert.throws(() => new InlineExecutor({ manager: 'nobody' }), RangeError);
  });
});

suite('inline, the options of pools do what they can do without a worker', () => {
  test('initArgs are copied once, when the executor is made', async (t) => {
    const given: number[][] = [];
    const list = [1];
    const initializer = (numbers: number[]): void => void given.push(numbers);
    const pool = closeAfter(
      t,
      new InlineExecutor({ maxWorkers: 1, initializer, initArgs: [list] }),
    );
    list.push(2);
    await pool.submit(() => {});
    assert.deepEqual(given, [[1]]);
  });

  test('startTimeout is the time that the initializer has', async (t) => {
    const warnings = new WarningLog(t);
    const pool = closeAfter(t, new InlineExecutor({ initializer: endless, startTimeout: 10 }));
    const error = await pool.submit(() => {}).exception();
    assert.ok(error instanceof BrokenExecutor);
    assert.match(error.message, /initializer.*10 ms.*set startTimeout/);
    await warnings.next('CF_POOL_BROKEN');
  });

  test('a worker is not replaced, however many tasks it has run', async (t) => {
    let inits = 0;
    const initializer = (): void => void inits++;
    const pool = closeAfter(
      t,
      new InlineExecutor({ maxWorkers: 1, initializer, maxTasksPerChild: 1 }),
    );
    for (let i = 0; i < 3; i++) await pool.submit(() => {});
    assert.equal(inits, 1);
  });
});
