/** What a host does with the jobs that it holds. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Job } from 'bullmq';
import { FORMAT } from '#dist/cluster/call-format.js';
import { loadPeers, type RedisClient } from '#dist/cluster/connection.js';
import { queueNames } from '#dist/cluster/queue-names.js';
import { BrokenExecutor } from '#dist/errors.js';
import { failFuture, Future } from '#dist/future/future.js';
import { AbortRelay } from '#dist/host/abort-relay.js';
import type { LocalOutcome } from '#dist/host/call-entry.js';
import { CallRunner } from '#dist/host/call-runner.js';
import { resolveHostOptions } from '#dist/host/host-options.js';
import { Mismatches } from '#dist/host/mismatches.js';
import { Prefetch } from '#dist/host/prefetch.js';
import { WriteCoalescer } from '#dist/host/write-coalescer.js';

const names = queueNames('calls');
const noRedis = { stream: null } as unknown as RedisClient;

/** One that runs nothing, unless it is told how. */
async function makeRunner(
  t: TestContext,
  runCall = (): Future<LocalOutcome> => new Future<LocalOutcome>(),
): Promise<CallRunner> {
  const relay = await AbortRelay.open();
  t.after(() => relay.close());
  const context = { root: '', allow: [], allowCode: false, socket: '', importTimeout: 0 };
  return new CallRunner(loadPeers(), resolveHostOptions({}), {
    local: { runCall },
    parcels: {
      put: () => Promise.reject(new Error('there is no Redis')),
      fetch: () => Promise.resolve(undefined),
      drop: () => Promise.resolve(),
    },
    relay,
    mismatches: new Mismatches(noRedis, names, 'host'),
    prefetch: new Prefetch(1),
    coalescer: new WriteCoalescer(noRedis),
    context,
    broken: () => {},
    rest: () => {},
    countDeath: () => Promise.resolve(),
  });
}

test('what is given back keeps its order, for each goes to the front of the queue', async (t) => {
  const runner = await makeRunner(t);
  const queue: string[] = [];
  const held = ['a', 'b', 'c'].map((id) => {
    const data = { cf: FORMAT, source: { global: ['Math', 'max'] } };
    const moveToWait = (): Promise<number> => Promise.resolve(queue.unshift(id));
    const job = { id, name: id, data, stalledCounter: 0, moveToWait };
    return runner.process(job as unknown as Job, 'token');
  });
  await turn();
  assert.equal(runner.giveBack(0), 3);
  for (const each of held) await assert.rejects(each, { name: 'WaitingError' });
  assert.deepEqual(queue, ['a', 'b', 'c']);
});

for (const stalledCounter of [-1_000_000, NaN, 0]) {
  test(`a call that kills its workers is tried three times, whatever Redis says of before: ${stalledCounter}`, async (t) => {
    let runs = 0;
    const runner = await makeRunner(t, () => {
      runs++;
      const future = new Future<LocalOutcome>();
      failFuture(future, new BrokenExecutor('It died.', { code: 'ERR_WORKER_DIED' }));
      return future;
    });
    const data = { cf: FORMAT, source: { global: ['Math', 'max'] } };
    const job = { id: 'a', name: 'a', data, stalledCounter };
    const held = runner.process(job as unknown as Job, 'token');
    await assert.rejects(held, { name: 'UnrecoverableError', message: /tried 3 times/ });
    assert.equal(runs, 3);
  });
}

for (const [stalledCounter, why] of [
  [-1, /^Cancelled/],
  [0, /^Cancelled/],
  [1, /died, and it was cancelled before another ran it/],
] as const) {
  test(`what is cancelled before it begins here, after ${stalledCounter} deaths with it`, async (t) => {
    const runner = await makeRunner(t);
    const job = {
      id: 'a',
      name: 'a',
      data: { cf: FORMAT, source: { global: ['Math', 'max'] } },
      stalledCounter,
    };
    const held = runner.process(job as unknown as Job, 'token');
    await turn();
    await runner.cancel({ cf: FORMAT, kind: 'cancel', id: 'a', reason: {} });
    await assert.rejects(held, { name: 'UnrecoverableError', message: why });
  });
}
