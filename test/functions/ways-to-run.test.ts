/** However Node was started: what is defined in the program itself gets to workers, and nothing hangs. */
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeProgramFolder, printed, type Run, runNode } from '../support/program.js';

/** Everything that a program defines in place: data, a helper, a class, a built-in, an import. */
const body = `
  const factor = 3;
  const helper = (n) => n * factor;
  class Point { constructor(x) { this.x = x; } moved() { return new Point(helper(this.x)); } }
  const point = new Point(2);
  function* two() { yield 1; yield 2; }
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const results = await Promise.all([
    pool.submit((n) => helper(n), 2),
    pool.submit(() => point.moved().x),
    pool.submit(async () => [...two()].length),
    pool.submit(() => sep.length),
    pool.submit(async () => (await import('./lib.js')).double(4)),
    pool.submit(double, 5),
    pool.submit(() => double(6)),
  ].map((each) => each.then((value) => value, String)));
  console.log(JSON.stringify(results));
  await pool.shutdown();
`;
const results = [6, 6, 2, 1, 8, 10, 12];
const module = `
  import { sep } from 'node:path';
  import { ThreadPoolExecutor } from 'concurrent-futures';
  import { double } from './lib.js';
  ${body}
`;
const script = `
  const { sep } = require('node:path');
  void (async () => {
    const { ThreadPoolExecutor } = await import('concurrent-futures');
    const { double } = await import('./lib.js');
    ${body}
  })();
`;
const lib = 'export function double(n) { return n * 2; }\n';
const files = { 'lib.js': lib, 'main.js': module, 'main.cjs': script };

const ways: Record<string, Run> = {
  'a module': { script: 'main.js' },
  'a script': { script: 'main.cjs' },
  'a folder': { script: '.' },
  'a name without its ending': { script: './main' },
  '--eval': { flags: ['--eval', script] },
  '--print': { flags: ['--print', `${script}; []`] },
  '--input-type=module --eval': { flags: ['--input-type=module', '--eval', module] },
  'a pipe': { stdin: script },
  '--input-type=module and a pipe': { flags: ['--input-type=module', '-'], stdin: module },
  '--inspect=0': { flags: ['--inspect=0'], script: 'main.js' },
  '--disallow-code-generation-from-strings': {
    flags: ['--disallow-code-generation-from-strings'],
    script: 'main.js',
  },
  '--frozen-intrinsics': { flags: ['--frozen-intrinsics'], script: 'main.js' },
  '--enable-source-maps': { flags: ['--enable-source-maps'], script: 'main.js' },
  '--preserve-symlinks-main': { flags: ['--preserve-symlinks-main'], script: 'link.js' },
  'a link': { script: 'link.js' },
};

for (const [name, run] of Object.entries(ways)) {
  test(`a program started by ${name} sends what it defines`, async (t) => {
    const folder = makeProgramFolder(t, files);
    symlinkSync('main.js', join(folder, 'link.js'));
    const end = await runNode(folder, run);
    assert.deepEqual(
      [printed(end).find((each) => String(each) !== ''), end.code],
      [results, 0],
      end.stderr,
    );
  });
}

for (const how of ['--eval', 'a pipe']) {
  test(`what a script from ${how} declares at its top is not taken for a global of all threads`, async (t) => {
    const folder = makeProgramFolder(t);
    const source = `
      var factor = 3;
      function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
      const later = () => fib(10) * factor;
      globalThis.assigned = 1;
      import('concurrent-futures').then(async ({ ThreadPoolExecutor }) => {
        const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
        console.log(JSON.stringify(await pool.submit(() => [later(), typeof assigned, typeof Buffer])));
        await pool.shutdown();
      });`;
    const end = await runNode(
      folder,
      how === '--eval' ? { flags: ['--eval', source] } : { stdin: source },
    );
    assert.deepEqual(printed(end), [[165, 'undefined', 'function']], end.stderr);
  });
}

test('lines of the REPL send what lines before them defined', async (t) => {
  const folder = makeProgramFolder(t, files);
  const lines = [
    "const { ThreadPoolExecutor } = await import('concurrent-futures')",
    'const pool = new ThreadPoolExecutor({ maxWorkers: 1 })',
    'let factor = 3; function helper(n) { return n * factor }',
    'factor = 4',
    "'result ' + await pool.submit((n) => helper(n), 5)",
    'await pool.shutdown()',
    '.exit',
  ];
  const end = await runNode(folder, { flags: ['--interactive'], answers: lines });
  assert.match(end.stdout, /'result 20'/, end.stderr);
  assert.equal(end.code, 0);
});

test('a file of the test runner sends what it defines', async (t) => {
  const folder = makeProgramFolder(t, {
    'lib.js': lib,
    'main.test.js': `
      import { sep } from 'node:path';
      import { writeFileSync } from 'node:fs';
      import { test } from 'node:test';
      import { ThreadPoolExecutor } from 'concurrent-futures';
      import { double } from './lib.js';
      const console = { log: (line) => writeFileSync('results.json', line) };
      test('it', async () => { ${body} });
      test('them', async (t) => t.assert?.deepEqual?.(1, 1));
    `,
  });
  const end = await runNode(folder, { flags: ['--test'] });
  assert.equal(end.code, 0, end.stdout);
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')), results);
});
