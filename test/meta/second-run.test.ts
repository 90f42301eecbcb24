/** How CI runs what has failed a second time, and what it says of both runs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, suite, test } from 'node:test';
import { failedFiles, type Outcome, readOutcomes, summarize } from '#scripts/outcomes.mjs';
import { type Run, runTwice } from '#scripts/second-run.mjs';
import { childrenOf } from '../support/processes.js';

const REPORTER = './scripts/outcome-reporter.mjs';
const HELPER = "import { test } from 'node:test'; export const declare = (f) => test('helped', f);";
const fails = "() => { throw new Error('no'); }";
const FILES = {
  'good.test.mjs': `import { suite, test } from 'node:test';
    suite('of two', () => { test('a', () => {}); test('a', () => {}); });
    test('left out', { skip: 'why' }, ${fails}); test('later', { todo: 'why' }, ${fails});
    test('has one in it', (t) => t.test('inner', () => {}));`,
  'bad.test.mjs': `import { suite, test } from 'node:test';
    suite('one', () => { test('fails', process.env.SECOND ? () => {} : ${fails}); });
    test('passes', () => {});`,
  'helped.test.mjs': `import { declare } from './helper.mjs'; declare(process.env.SECOND ? () => {} : ${fails});`,
  'dies.test.mjs': `import { test } from 'node:test';
    if (!process.env.SECOND) process.exit(3);
    for (const name of ['b', 'c']) test(name, () => {});`,
};

function counted(outcomes: readonly Outcome[]): string {
  return summarize(outcomes, 0).replace(/\nℹ duration_ms.*/, '');
}

suite('the outcomes of a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'second-run-'));
  after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'helper.mjs'), HELPER);
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const path = (name: string): string => relative('', join(folder, name));

  function run(files: readonly string[], second: boolean): Run & { readonly summary: string } {
    const outcomes = join(folder, 'outcomes.jsonl');
    const reporters = ['tap', REPORTER].map((name) => `--test-reporter=${name}`);
    const destinations = ['stdout', outcomes].map((name) => `--test-reporter-destination=${name}`);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--test', ...reporters, ...destinations, ...files],
      { encoding: 'utf8', env: { ...env, ...(second && { SECOND: '1' }) } },
    );
    const summary = stdout.split('\n').filter((line) => /^# [a-z]+ \d+$/.test(line));
    return {
      code: status ?? 1,
      cutShort: false,
      outcomes: readOutcomes(outcomes),
      summary: summary.join('\n').replaceAll('#', 'ℹ'),
    };
  }

  test('are counted as Node counts them, and belong to files', () => {
    const { outcomes, summary } = run(Object.keys(FILES).map(path), false);
    assert.equal(counted(outcomes), summary);
    const bad = ['bad.test.mjs', 'dies.test.mjs', 'helped.test.mjs'];
    assert.deepEqual(failedFiles(outcomes), bad.map(path));
  });

  test('of files that pass the second time, take the place of the first ones', async () => {
    const given: (readonly string[])[] = [];
    const both = await runTwice(Object.keys(FILES).map(path), (files, time) => {
      given.push(files);
      return Promise.resolve(run(files, time === 2));
    });
    assert.equal(given[1]?.length, 3);
    assert.equal(both.code, 0);
    assert.deepEqual(
      both.again?.map(({ passed }) => passed),
      [true, true, true],
    );
    assert.equal(counted(both.outcomes), run(Object.keys(FILES).map(path), true).summary);
  });

  test('are one failure if a file fails again', async () => {
    const both = await runTwice([path('bad.test.mjs')], (files) =>
      Promise.resolve(run(files, false)),
    );
    assert.equal(both.code, 1);
    assert.deepEqual(both.again, [{ file: path('bad.test.mjs'), passed: false }]);
    assert.match(counted(both.outcomes), /ℹ pass 1\nℹ fail 1\n/);
  });
});

function failed(count: number): Run {
  const outcomes = Array.from({ length: count }, (_, number): Outcome => {
    return { kind: 'file', outcome: 'failed', file: `${number}` };
  });
  return { code: 1, cutShort: false, outcomes };
}

test('there is no second run of many files, nor of one that was cut short', async () => {
  for (const first of [failed(4), { ...failed(1), cutShort: true }, failed(0)]) {
    let times = 0;
    const only = await runTwice([], () => {
      times++;
      return Promise.resolve(first);
    });
    assert.equal(times, 1);
    assert.equal(only, first);
  }
});

for (const how of ['ends', 'throws']) {
  test(`two processes are busy beside the second run, and gone after it ${how}`, async () => {
    let spinners: readonly number[] = [];
    const twice = runTwice(['0'], (_, time) => {
      if (time === 1) return Promise.resolve(failed(1));
      spinners = childrenOf(process.pid).map(({ pid }) => pid);
      return how === 'ends' ? Promise.resolve(failed(1)) : Promise.reject(new Error('no'));
    });
    await (how === 'ends' ? twice : assert.rejects(twice, { message: 'no' }));
    assert.equal(spinners.length, 2);
    assert.deepEqual(childrenOf(process.pid), []);
  });
}
