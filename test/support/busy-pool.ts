/** A pool whose only worker is held at a gate, so that the next submitted calls must wait. */
import type { TestContext } from 'node:test';
import type { Executor, Future } from 'concurrent-futures';
import { waitAt } from '../fixtures/tasks.js';
import type { TestBackend } from './backends.js';
import { Gate } from './gate.js';
import { whenRunning } from './remote.js';

export interface BusyPool {
  readonly pool: Executor;
  readonly gate: Gate;
  /** The call at the gate; its value is `'through'`. */
  readonly held: Future<string>;
}

export async function busyPool(t: TestContext, backend: TestBackend): Promise<BusyPool> {
  const pool = backend.make({ maxWorkers: 1 });
  const gate = new Gate();
  t.after(async () => {
    gate.open();
    await pool.shutdown();
  });
  const held = pool.submit(waitAt<string>, gate.address, 'through');
  await gate.whenArrived(1);
  await whenRunning(backend, held);
  return { pool, gate, held };
}
