/**
 * Workers that die while the parent is blocked in `resultSync()` and hears no events. In processes of
 * their own, since a failure here is a main thread that blocks for ever.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { blockingBackends } from '../support/backends.ts';
import { runFixture } from '../support/child.ts';

interface Report {
  readonly value?: unknown;
  readonly after?: unknown;
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly exitCode?: number;
  readonly task?: string;
}

async function block(...args: string[]): Promise<Report[]> {
  const { code, hung, stdout, stderr } = await runFixture('block-on-dying', args);
  assert.equal(hung, false, `resultSync() hangs after: ${stdout}${stderr}`);
  assert.equal(code, 0, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Report);
}

const dying = {
  exit: 'exitWith',
  'exit-async': 'exitWhileWaiting',
  rejection: 'rejectUnhandled',
  memory: 'exhaustMemory',
};

for (const { name, brokenClass } of blockingBackends) {
  for (const warm of ['fresh', 'warm']) {
    for (const workers of ['', '-2']) {
      suite(
        `a ${warm} pool of ${workers === '' ? 'one worker' : 'two'} (${name})`,
        { concurrency: 2 },
        () => {
          for (const [which, task] of Object.entries(dying)) {
            test(`resultSync() of a call that dies (${which}) throws, and the pool goes on`, async () => {
              const [lost, next] = await block(name, which + workers, warm);
              assert.equal(lost?.name, brokenClass.name);
              assert.equal(lost?.code, 'ERR_WORKER_DIED');
              assert.equal(lost?.task, task);
              assert.doesNotMatch(lost?.message ?? '', /undefined/);
              assert.deepEqual(next, { after: 3 });
            });
          }

          test('resultSync() of a call behind one that dies returns its value', async () => {
            assert.deepEqual(await block(name, `behind${workers}`, warm), [
              { value: 42 },
              { after: 3 },
            ]);
          });

          test('resultSync() of many calls, some of which die', async () => {
            const reports = await block(name, `many${workers}`, warm);
            assert.equal(reports.length, 41);
            for (const [i, report] of reports.slice(0, 40).entries()) {
              if (i % 8 === 0) assert.equal(report.code, 'ERR_WORKER_DIED');
              else assert.deepEqual(report, { value: 2 * i });
            }
          });

          test("resultSync() throws under onWorkerDeath 'break' as well", async () => {
            const [lost] = await block(name, `break${workers}`, warm);
            assert.equal(lost?.name, brokenClass.name);
          });
        },
      );
    }
  }
}
