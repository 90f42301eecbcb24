/** Modules that send their own functions while they are loaded, import one another, or change on disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeProgramFolder, printed, runNode } from '../support/program.js';

const pool = `
  import { currentExecutor, ProcessPoolExecutor, ThreadPoolExecutor } from 'concurrent-futures';
  const say = (...values) => console.log(JSON.stringify(values));
  const outcome = (future) => future.then((value) => value, ({ code, message }) => \`\${code} \${message}\`);
`;

test('a main module that waits at its top level sends its exports and what it keeps to itself', async (t) => {
  const folder = makeProgramFolder(t, {
    'lib.js': 'export const later = async (n) => n + 1;\n',
    'main.js': `${pool}
      import { later } from './lib.js';
      console.log('"started"');
      export function exported(n) { return helper(n); }
      function helper(n) { return n * 2; }
      export const limit = 5;
      const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
      say(await executor.submit(exported, 2), await executor.submit(helper, 3));
      say(await executor.submit(() => limit), await executor.submit(later, 1));
      await executor.shutdown();
    `,
  });
  const end = await runNode(folder, { script: 'main.js' });
  assert.deepEqual(printed(end), ['started', [4, 6], [5, 2]], end.stderr);
  assert.equal(end.code, 0);
});

test('a library that waits at its top level for its own export is told so', async (t) => {
  const folder = makeProgramFolder(t, {
    'lib.js': `${pool}
      export function work(n) { return n + 1; }
      const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
      const future = executor.submit(work, 1);
      export const answer = await outcome(future);
      await executor.shutdown();
    `,
    'main.js': "import { answer } from './lib.js';\nconsole.log(JSON.stringify(answer));\n",
  });
  const end = await runNode(folder, { script: 'main.js' });
  const [answer] = printed(end);
  assert.match(String(answer), /^ERR_BOOTSTRAP .*lib\.js.*currentExecutor\(\) === undefined/);
  assert.equal(end.code, 0, end.stderr);
});

for (const guard of [true, false]) {
  test(`a library and a main module that import one another ${guard ? 'work with a guard' : 'fail without a guard, and do not hang'}`, async (t) => {
    const start = `
      const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
      say(await outcome(executor.submit(work, 1)));
      await executor.shutdown();`;
    const folder = makeProgramFolder(t, {
      'lib.js':
        "import { factor } from './main.js';\nexport function work(n) { return n * factor(); }\n",
      'main.js': `${pool}
        import { work } from './lib.js';
        export function factor() { return 3; }
        ${guard ? `if (currentExecutor() === undefined) {${start}}` : start}
      `,
    });
    const end = await runNode(folder, { script: 'main.js' });
    const lines = printed(end) as string[][];
    if (guard) assert.deepEqual(lines, [[3]], end.stderr);
    else
      assert.match(
        String(lines[0]),
        /^ERR_BOOTSTRAP .*currentExecutor\(\) === undefined/,
        end.stderr,
      );
    assert.equal(end.code, 0);
  });
}

test('a worker imports a module as it is on disk then, and says what it has no more', async (t) => {
  const folder = makeProgramFolder(t, {
    'gate.js': 'export function pass(gate) { Atomics.wait(gate, 0, 0); }\n',
    'changed.js': "export function name() { return 'old'; }\n",
    'gone.js': "export function name() { return 'old'; }\n",
    'main.js': `${pool}
      import { writeFileSync } from 'node:fs';
      import { pass } from './gate.js';
      import { name as changed } from './changed.js';
      import { name as gone } from './gone.js';
      const gate = new Int32Array(new SharedArrayBuffer(4));
      const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
      // The only worker is not free before the files have been written.
      const first = executor.submit(pass, gate);
      const futures = [executor.submit(changed), executor.submit(gone)];
      writeFileSync('changed.js', "export function name() { return 'new'; }");
      writeFileSync('gone.js', 'export function renamed() {}');
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      await first;
      for (const each of futures) say(await outcome(each));
      await executor.shutdown();
    `,
  });
  const end = await runNode(folder, { script: 'main.js' });
  const [changed, gone] = printed(end) as string[][];
  assert.deepEqual(changed, ['new'], end.stderr);
  assert.match(String(gone), /^ERR_IMPORT .*gone\.js has no export 'name'\. It exports renamed\./);
});

test('workers send functions to workers of their own', async (t) => {
  const folder = makeProgramFolder(t, {
    'main.js': `${pool}
      const depth = 2;
      async function deeper(left) {
        if (left === 0) return 'bottom';
        const inner = new ThreadPoolExecutor({ maxWorkers: 1 });
        const found = await inner.submit(deeper, left - 1);
        await inner.shutdown();
        return found + left;
      }
      const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
      say(await outcome(executor.submit(() => deeper(depth))));
      await executor.shutdown();
      const processes = new ProcessPoolExecutor({ maxWorkers: 1 });
      say(await outcome(processes.submit(() => deeper(depth))));
      await processes.shutdown();
    `,
  });
  const end = await runNode(folder, { script: 'main.js' });
  assert.deepEqual(printed(end), [['bottom12'], ['bottom12']], end.stderr);
});

test('a thread and a forked process of the program send what they define', async (t) => {
  const folder = makeProgramFolder(t, {
    'child.js': `${pool}
      import { parentPort } from 'node:worker_threads';
      const word = 'from';
      export function here() { return word; }
      const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
      const found = [await outcome(executor.submit(here)), await outcome(executor.submit((a) => word + a, ' closure'))];
      await executor.shutdown();
      if (parentPort === null) process.send(found, () => process.disconnect());
      else parentPort.postMessage(found);
    `,
    'main.js': `
      import { fork } from 'node:child_process';
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      const url = new URL('./child.js', import.meta.url);
      for (const start of [() => new Worker(url), () => fork(url)])
        console.log(JSON.stringify((await once(start(), 'message'))[0]));
    `,
  });
  const end = await runNode(folder, { script: 'main.js' });
  const found = ['from', 'from closure'];
  assert.deepEqual(printed(end), [found, found], end.stderr);
});
