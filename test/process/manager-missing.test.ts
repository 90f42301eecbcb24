/** A managed pool whose manager can't be started. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeProgramFolder, permissionFlag, printed, runNode } from '../support/program.js';

/** Without worker threads. */
const flags = [permissionFlag, '--allow-child-process', '--allow-fs-read=*', '--allow-fs-write=*'];

const files = {
  'main.js': `
    import { ProcessPoolExecutor } from 'concurrent-futures';
    const pool = new ProcessPoolExecutor({ maxWorkers: 1, manager: 'thread' });
    const failures = [pool.submit(Math.max, 1), pool.submit(Math.max, 2)].map((call) => call.exception());
    const codes = (await Promise.all(failures)).map(({ code }) => code);
    const { pending, running, failed } = pool.stats();
    console.log(JSON.stringify([codes, { pending, running, failed }]));
  `,
};

test('its calls fail with the reason, and the program ends by itself', async (t) => {
  const end = await runNode(makeProgramFolder(t, files), { flags, script: 'main.js' });
  assert.deepEqual(
    printed(end),
    [[['ERR_WORKER_START', 'ERR_WORKER_START'], { pending: 0, running: 0, failed: 2 }]],
    end.stderr,
  );
  assert.equal(end.code, 0);
});
