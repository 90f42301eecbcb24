/** The end of the process, and pools that nobody shuts down (items 110, 126, 127, 140 and 142–144). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyBackend, lacks } from '../support/every-backend.js';
import { runFixtureOn } from '../support/fresh-process.js';

for (const backend of everyBackend) {
  const { name } = backend;

  for (const how of ['none', 'shutdown'] as const) {
    const what = how === 'none' ? 'without a shutdown' : 'after shutdown({ wait: false })';
    test(`#110 #193 the process ends when pending calls are done, ${what} (${name})`, async (t) => {
      const { code, stdout, stderr } = await runFixtureOn(
        t,
        backend,
        'exit-with-pending-calls',
        how,
      );
      assert.equal(stderr, '');
      const lines = stdout.trim().split('\n');
      assert.deepEqual(
        lines.toSorted(),
        Array.from({ length: 20 }, (_, i) => `${i} finished`).toSorted(),
      );
      assert.equal(code, 0);
    });
  }

  test(`#126 an idle pool does not hold the process, and nothing warns (${name})`, async (t) => {
    const { code, stdout, stderr } = await runFixtureOn(t, backend, 'exit-with-idle-pool');
    const hasWorkers = backend.lacks?.workers === undefined;
    const printed = `[ 4, 6 ]\n${hasWorkers}\n0\n`;
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: printed, stderr: '' });
  });

  test(`#110 a shutdown after the last one does not hold the process (${name})`, async (t) => {
    const { code, stdout, stderr } = await runFixtureOn(t, backend, 'exit-after-shutdown');
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '3\n', stderr: '' });
  });

  test(`#127 workers that live until the end need nobody to end them (${name})`, async (t) => {
    const { code, stdout, stderr } = await runFixtureOn(t, backend, 'exit-with-chain');
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'all done\n', stderr: '' });
  });

  test(`#140 #197 a forgotten pool completes its calls, then its workers end (${name})`, async (t) => {
    if (lacks(t, backend, 'workers')) return;
    const { code, stdout, stderr } = await runFixtureOn(t, backend, 'exit-with-forgotten-pool');
    assert.equal(stderr, '');
    const [collected, states = '', ended] = stdout.trim().split('\n');
    assert.equal(collected, 'collected: true');
    assert.match(states, /^finished( finished)+$/);
    assert.equal(ended, 'ended in order: true');
    assert.equal(code, 0);
  });

  test(`#142 #198 what tasks write before the exit arrives, however much it is (${name})`, async (t) => {
    if (lacks(t, backend, 'output')) return;
    const { code, stdout, stderr } = await runFixtureOn(t, backend, 'exit-with-much-output');
    assert.equal(stderr, '');
    const written = Array.from({ length: 4 }, (_each, who) =>
      Array.from({ length: 2000 }, (_, i) => `${who} ${i} ${'.'.repeat(80)}`),
    );
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 8000);
    assert.equal(stdout.length, written.flat().join('\n').length + 1);
    // Where a pipe is full, what two processes write to it may meet in the middle of a line.
    const meet = name === 'processes' && lines.some((line) => !/^\d \d+ \.{80}$/.test(line));
    if (!meet) {
      for (const [who, own] of written.entries())
        assert.deepEqual(
          lines.filter((line) => line.startsWith(`${who} `)),
          own,
        );
    }
    assert.equal(code, 0);
  });

  test(`#143 #198 in an exit handler submit throws a ShutdownError (${name})`, async (t) => {
    const { code, stdout, stderr } = await runFixtureOn(t, backend, 'exit-handler-submits');
    assert.equal(stderr, '');
    assert.match(stdout, /^exit: true .*process is exiting/m);
    assert.equal(code, 0);
  });

  test(`#144 while there is work, or in beforeExit, submit goes on working (${name})`, async (t) => {
    const chain = await runFixtureOn(t, backend, 'exit-with-chain');
    assert.equal(chain.stdout, 'all done\n');
    const handler = await runFixtureOn(t, backend, 'exit-handler-submits');
    assert.match(handler.stdout, /^beforeExit: 7$/m);
  });
}
