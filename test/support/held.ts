/** Pools and gates that are cleaned up even if a test fails half-way. */
import type { TestContext } from 'node:test';
import type { Executor, PoolOptions } from 'concurrent-futures';
import { Gate } from './gate.js';

const gates = new WeakMap<TestContext, Gate[]>();

/** A gate that is opened when the test is over, so that no task waits at it for ever. */
export function makeGate(t: TestContext): Gate {
  const gate = new Gate();
  const all = gates.get(t) ?? [];
  all.push(gate);
  gates.set(t, all);
  return gate;
}

/** Shuts the executor down when the test is over, after its gates were opened. */
export function closeAfter<E extends Executor>(t: TestContext, executor: E): E {
  t.after(async () => {
    for (const gate of gates.get(t) ?? []) gate.open();
    await executor.shutdown();
  });
  return executor;
}

export function makePool<E extends Executor>(
  t: TestContext,
  backend: { make(options?: PoolOptions): E },
  options?: PoolOptions,
): E {
  return closeAfter(t, backend.make(options));
}
