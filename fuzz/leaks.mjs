/** Finds the remains of a pool in the process that made it. */
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { InlineExecutor } from 'concurrent-futures';
import { eventually } from './patience.mjs';
import { childProcesses, descriptors, exists, threads } from './processes.mjs';

/** Milliseconds until ended processes and threads are gone for the system, too. */
const GRACE = 3000;

/** @returns the state before the first pool, after everything that Node starts once was started. */
export async function before() {
  await Promise.all(Array.from({ length: 8 }, () => stat('/')));
  const worker = new Worker('', { eval: true, stdout: true, stderr: true });
  await new Promise((resolve) => void worker.once('exit', resolve));
  // Once in a program, for all pools to come.
  const first = new InlineExecutor();
  await first.submit(Math.max, 1);
  await first.shutdown();
  // Streams are made when they are asked for.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  await new Promise((resolve) => void setTimeout(resolve, 20));
  return { threads: threads().length, descriptors: new Set(descriptors()), listeners: listeners() };
}

/** A thread that ends in the middle of an import takes the descriptor with it, which is for Node to mend. */
const MODULE = /\.(?:[cm]?js|json)$/;

function listeners() {
  return new Map(process.eventNames().map((name) => [name, process.listenerCount(name)]));
}

/** @param pids - of all workers that have left marks. @returns one line for each thing that is left. */
export async function after(start, pids, marks) {
  const left = [];
  const check = async (what, find) => {
    if (!(await eventually(() => find().length === 0, GRACE)))
      left.push(`${what}: ${find().join(', ')}`);
  };
  await check('child processes', childProcesses);
  await check('processes that were workers', () => pids.filter(exists));
  await check('threads', () => {
    const count = threads().length - start.threads;
    return count > 0 ? [`${count} more than before`] : [];
  });
  await check('descriptors', () =>
    descriptors().filter(
      (each) => !start.descriptors.has(each) && !each.endsWith(marks) && !MODULE.test(each),
    ),
  );
  await check('listeners', () =>
    [...listeners()]
      .filter(([name, count]) => count > (start.listeners.get(name) ?? 0))
      .map(([name, count]) => `${count} for '${String(name)}'`),
  );
  return left;
}
