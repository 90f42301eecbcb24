/** Looking inside functions leaves the counts of whoever takes a coverage alone, and debugs nothing. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeProgramFolder, printed, runNode } from '../support/program.js';

/** Says which commands the inspector is given; can keep from it what the first way of listing scripts tells. */
const spy = `
  import inspector from 'node:inspector';
  const asked = new Set();
  const { post } = inspector.Session.prototype;
  inspector.Session.prototype.post = function (method, params, heard) {
    asked.add(method);
    const hides = process.argv[2] === 'hides' && method === 'Profiler.getBestEffortCoverage';
    return post.call(this, method, params, hides ? () => heard(null, { result: [] }) : heard);
  };
  export { asked };
`;
const cold = `
  export function never() { return 'cold'; }
  export const make = () => { const n = 7; return () => n + never().length; };
`;

interface Range {
  readonly startOffset: number;
  readonly count: number;
}
interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly Range[];
    }[];
  }[];
}

const counted = `
  import { threadId } from 'node:worker_threads';
  import { ThreadPoolExecutor } from 'concurrent-futures';
  function count(n) {
    if (n % 3 === 0) return 'third';
    return n > 100 ? 'never' : 'other';
  }
  for (let n = 0; n < 12; n++) count(n);
  if (process.argv[2] === 'sends') {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const word = 'sent';
    console.log(JSON.stringify(await pool.submit(() => word + threadId)));
    await pool.shutdown();
  }
  for (let n = 0; n < 30; n++) count(n);
`;

test('counts of NODE_V8_COVERAGE are the same whether closures are sent or not', async (t) => {
  const counts: unknown[] = [];
  for (const word of ['sends', 'sends not']) {
    const folder = makeProgramFolder(t, { 'main.js': counted, 'start.js': '' });
    const end = await runNode(folder, {
      script: 'main.js',
      args: [word],
      env: { NODE_V8_COVERAGE: join(folder, 'coverage') },
    });
    assert.equal(end.code, 0, end.stderr);
    assert.equal(printed(end).length, word === 'sends' ? 1 : 0, end.stderr);
    // A worker leaves a file, too; the one with the main thread's counts has run count().
    const functions = readdirSync(join(folder, 'coverage'))
      .map((file) => JSON.parse(readFileSync(join(folder, 'coverage', file), 'utf8')) as Coverage)
      .flatMap(({ result }) => result.filter(({ url }) => url.endsWith('/main.js')))
      .flatMap((script) => script.functions.filter(({ functionName }) => functionName === 'count'));
    counts.push(functions.map(({ ranges }) => ranges.map(({ count }) => count)));
  }
  assert.deepEqual(counts[0], counts[1]);
  assert.deepEqual(
    (counts[1] as number[][]).map(([calls]) => calls),
    [42],
  );
});

const coldProgram = `
  import { asked } from './spy.js';
  const { make, never } = await import('./cold.js');
  const closure = make();
  const { ThreadPoolExecutor } = await import('concurrent-futures');
  for (let i = 0; i < 3; i++) gc();
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  console.log(JSON.stringify(await pool.submit(never)));
  console.log(JSON.stringify(await pool.submit(closure)));
  console.log(JSON.stringify([...asked].filter((method) => !method.startsWith('Runtime.')).toSorted()));
  await pool.shutdown();
`;

for (const { what, args, covered, debugs } of [
  { what: 'after a garbage collection', args: [], covered: false, debugs: undefined },
  { what: 'that coverage does not list', args: ['hides'], covered: false, debugs: true },
  { what: 'after it where coverage is taken', args: [], covered: true, debugs: false },
  {
    what: 'that is not listed where coverage is taken',
    args: ['hides'],
    covered: true,
    debugs: false,
  },
]) {
  test(`functions of a cold module ${what} are sent`, async (t) => {
    const folder = makeProgramFolder(t, { 'spy.js': spy, 'cold.js': cold, 'main.js': coldProgram });
    const env = covered ? { NODE_V8_COVERAGE: join(folder, 'coverage') } : {};
    const end = await runNode(folder, { flags: ['--expose-gc'], script: 'main.js', args, env });
    const [result, other, asked] = printed(end) as [unknown, unknown, string[]];
    assert.deepEqual([result, other], ['cold', 11], end.stderr);
    if (debugs !== undefined) assert.equal(asked.includes('Debugger.enable'), debugs);
    assert.equal(asked.includes('Debugger.disable'), asked.includes('Debugger.enable'));
    // It would end a coverage that somebody else takes.
    assert.ok(!asked.includes('Profiler.disable'));
  });
}
