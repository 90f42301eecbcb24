/** Many calls at a time, each with a value of its own, and the check that each is settled exactly once. */
import assert from 'node:assert/strict';
import type { ClusterFuture } from 'concurrent-futures/cluster';

export interface Burst {
  readonly calls: readonly ClusterFuture<number>[];
  /** In the order in which they settled. */
  readonly settled: readonly number[];
}

/** @param submit - submits a call that returns its number. */
export function submitMany(submit: (item: number) => ClusterFuture<number>, count: number): Burst {
  const settled: number[] = [];
  const calls = Array.from({ length: count }, (_, item) => {
    const call = submit(item);
    call.addDoneCallback(() => settled.push(item));
    return call;
  });
  return { calls, settled };
}

/** Asserts that each settled with its own value. */
export async function assertSettledOnce(burst: Burst): Promise<void> {
  const values = await Promise.all(burst.calls);
  assert.deepEqual(
    values,
    values.map((_, item) => item),
  );
  assertOnce(burst);
}

/**
 * Asserts that each settled with its own value, or because Redis has lost it.
 *
 * @returns the number that Redis has lost.
 */
export async function assertSettledOrLost(burst: Burst): Promise<number> {
  const outcomes = await Promise.allSettled(burst.calls);
  let lost = 0;
  for (const [item, outcome] of outcomes.entries()) {
    if (outcome.status === 'fulfilled') assert.equal(outcome.value, item);
    else {
      lost++;
      assert.match((outcome.reason as { code: string }).code, /^ERR_(?:UNKNOWN_CALL|WORKER_DIED)$/);
    }
  }
  assertOnce(burst);
  return lost;
}

function assertOnce({ calls, settled }: Burst): void {
  assert.equal(settled.length, calls.length);
  assert.equal(new Set(settled).size, calls.length);
}
