/** Workers that the system has stopped: they are alive, and do nothing at all until they may go on. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { ProcessPoolExecutor } from 'concurrent-futures';
import { record } from '../fixtures/executor-tasks.ts';
import { lengthOf } from '../fixtures/payload-tasks.ts';
import { ownPid, pidAt } from '../fixtures/process-tasks.ts';
import { echo } from '../fixtures/tasks.ts';
import { collectGarbage } from '../support/garbage.ts';
import { closeAfter, makeGate } from '../support/held.ts';
import { listed, makeList } from '../support/lists.ts';
import { resume, Stops, whenGone } from '../support/processes.ts';
import { startWorkers } from '../support/worker-pids.ts';

const MiB = 1 << 20;

test('what a stopped worker has not begun is done by the other; what it has, when it goes on', async (t) => {
  const stops = new Stops(t);
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 2 }));
  const [stopped = 0, other = 0] = await startWorkers(t, pool, 2);
  const gate = makeGate(t);
  const held = [pool.submit(pidAt, gate.address), pool.submit(pidAt, gate.address)];
  // The first two of these are in the workers' hands, behind what is held there.
  const behind = Array.from({ length: 10 }, (_, i) => pool.submit(echo, i));
  await gate.whenArrived(2);
  await stops.stop(stopped);
  gate.open();
  assert.deepEqual(
    await Promise.all(behind),
    behind.map((_, i) => i),
  );
  assert.equal(await Promise.race(held), other);
  assert.equal(held.filter((each) => each.done()).length, 1);
  resume(stopped);
  assert.deepEqual(new Set(await Promise.all(held)), new Set([stopped, other]));
});

test('what waits behind a stopped worker does not have to wait for all that came later', async (t) => {
  const stops = new Stops(t);
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 2 }));
  const [stopped = 0] = await startWorkers(t, pool, 2);
  const gate = makeGate(t);
  const list = makeList(t);
  const held = [pool.submit(pidAt, gate.address), pool.submit(pidAt, gate.address)];
  // The first two of these are in the workers' hands, the others in the queue.
  const behind = Array.from({ length: 300 }, (_, i) => pool.submit(record, list, i));
  await gate.whenArrived(2);
  await stops.stop(stopped);
  gate.open();
  await Promise.all(behind);
  const last = listed(list).at(-1) ?? 0;
  assert.ok(last > 1, `${last} was done last`);
  resume(stopped);
  await Promise.all(held);
});

test('a worker that reads nothing does not make the arguments that wait for it take more memory', async (t) => {
  const stops = new Stops(t);
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
  const [pid = 0] = await startWorkers(t, pool, 1);
  const argument = new Uint8Array(MiB).fill(1);
  assert.equal(await pool.submit(lengthOf, argument), MiB);
  await stops.stop(pid);
  collectGarbage();
  const before = process.memoryUsage();
  const futures = Array.from({ length: 200 }, () => pool.submit(lengthOf, argument));
  for (let i = 0; i < 20; i++) await turn();
  const { arrayBuffers, rss } = process.memoryUsage();
  const held = (arrayBuffers - before.arrayBuffers) / MiB;
  assert.ok(held < 210, `${held} MiB for 200 MiB of arguments`);
  assert.ok((rss - before.rss) / MiB < 260, `it has grown by ${(rss - before.rss) / MiB} MiB`);
  resume(pid);
  assert.ok((await Promise.all(futures)).every((length) => length === MiB));
});

test('a stopped worker can be killed, and its pool shut down', async (t) => {
  const stops = new Stops(t);
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 2 }));
  const pids = await startWorkers(t, pool, 2);
  for (const pid of pids) await stops.stop(pid);
  const lost = [pool.submit(ownPid), pool.submit(ownPid)];
  pool.killWorkers();
  await pool.shutdown();
  await whenGone(pids);
  assert.ok(lost.every((each) => each.done()));
});

test('a stopped worker ends by terminateWorkers as well, which lets it go on for that', async (t) => {
  const stops = new Stops(t);
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
  const pids = await startWorkers(t, pool, 1);
  for (const pid of pids) await stops.stop(pid);
  pool.terminateWorkers();
  await pool.shutdown();
  await whenGone(pids);
});
