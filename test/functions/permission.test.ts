/** Under the permission model nothing looks inside functions: what loaded modules export is sent all the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeProgramFolder, permissionFlag, printed, runNode } from '../support/program.js';

const flags = [permissionFlag, '--allow-worker', '--allow-fs-read=*'];

const files = {
  'lib.cjs': 'exports.double = (n) => n * 2; exports.inside = () => (n) => n;\n',
  'tagged.js': `
    import { task } from 'concurrent-futures';
    export const triple = task(import.meta.url, function triple(n) { return n * 3; });
    export function plain(n) { return n; }
  `,
  'main.js': `
    import { createRequire } from 'node:module';
    import { ThreadPoolExecutor } from 'concurrent-futures';
    import { plain, triple } from './tagged.js';
    const { double, inside } = createRequire(import.meta.url)('./lib.cjs');
    const factor = 4;
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const calls = [
      () => pool.submit(double, 2),
      () => pool.submit(triple, 2),
      () => pool.submit(Math.max, 1, 8),
      () => pool.module(new URL('./tagged.js', import.meta.url)).plain(9),
      () => pool.submit(inside(), 1),
      () => pool.submit((n) => n * factor, 2),
      () => pool.submit(plain, 1),
      () => pool.submit((fn) => fn, () => factor),
    ];
    for (const call of calls) {
      const outcome = await call().then((value) => value, ({ code, message }) => [code, message]);
      console.log(JSON.stringify(outcome));
    }
    await pool.shutdown();
  `,
};

test('under --permission, exports of CommonJS and tagged functions are sent, and all others refused', async (t) => {
  const end = await runNode(makeProgramFolder(t, files), { flags, script: 'main.js' });
  const outcomes = printed(end);
  assert.deepEqual(outcomes.slice(0, 4), [4, 6, 8, 9], end.stderr);
  for (const refused of outcomes.slice(4) as [string, string][]) {
    assert.equal(refused[0], 'ERR_NOT_REACHABLE', String(refused));
    assert.match(refused[1], /can't look inside functions, and no loaded module exports it/);
    assert.match(
      refused[1],
      /pool\.module\(new URL\(.*\)\)\.|export const \w+ = task\(import\.meta\.url/,
    );
  }
  assert.deepEqual([outcomes.length, end.code], [8, 0]);
});
