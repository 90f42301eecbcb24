/** A program in which somebody emits `exit`, as some do to have things cleaned up, and that goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeProgramFolder, printed, runNode } from '../support/program.js';

const files = {
  'main.js': `
    import { ThreadPoolExecutor } from 'concurrent-futures';
    // Not at the top level, whose own exit handler says that it is unfinished.
    void main(new ThreadPoolExecutor({ maxWorkers: 1 }));
    async function main(pool) {
      console.log(await pool.submit(Math.abs, -1));
      process.emit('exit', 0);
      console.log(await pool.submit(Math.abs, -2));
      await pool.shutdown();
    }
  `,
};

test('its pools go on taking calls', async (t) => {
  const end = await runNode(makeProgramFolder(t, files), { script: 'main.js' });
  assert.deepEqual(printed(end), [1, 2], end.stderr);
  assert.equal(end.code, 0);
});
