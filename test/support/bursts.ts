/** Many calls at a time, each with a value of its own, and whether every one of them is settled, once. */
import assert from 'node:assert/strict';
import type { ClusterFuture } from 'concurrent-futures/cluster';

export interface Burst {
  readonly calls: readonly ClusterFuture<number>[];
  /** In the order in which they have. */
  readonly settled: readonly number[];
}

/** @param submit - a call that returns the number it is given. */
export function submitMany(submit: (item: number) => ClusterFuture<number>, count: number): Burst {
  const settled: number[] = [];
  const calls = Array.from({ length: count }, (_, item) => {
    const call = submit(item);
    call.addDoneCallback(() => settled.push(item));
    return call;
  });
  return { calls, settled };
}

/** Each with the value that is its own. */
export async function assertSettledOnce(burst: Burst): Promise<void> {
  const values = await Promise.all(burst.calls);
  assert.deepEqual(
    values,
    values.map((_, item) => item),
  );
  assertOnce(burst);
}

/**
 * Each with the value that is its own, or because Redis has lost it.
 *
 * @returns how many Redis has lost.
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
