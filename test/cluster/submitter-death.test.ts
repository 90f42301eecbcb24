/** Calls whose submitter is gone: they are run all the same, and whoever knows their ids gets what they came to. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { suite, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ExecutorError } from 'concurrent-futures';
import { countRun } from '../fixtures/cluster-tasks.js';
import { add, fail, noop, waitAt } from '../fixtures/tasks.js';
import { makeGate } from '../support/held.js';
import { makeCluster, startHost, whenStored } from '../support/hosts.js';
import { needsRedis, redisClient, redisUrl, uniqueQueue } from '../support/redis.js';

const SUBMITTER = fileURLToPath(new URL('../fixtures/mortal-submitter.js', import.meta.url));

suite('calls of a program that was killed', { skip: needsRedis }, () => {
  test('that run, and that wait, have outcomes', async (t) => {
    const queue = uniqueQueue(t);
    const gate = makeGate(t);
    const { program, ids } = await startSubmitter(t, queue, gate.address, 20);
    await startHost(t, { queue });
    await gate.whenArrived(1);
    await whenStored(redisClient(t), queue, asCalls(ids));
    await kill(program);
    const cluster = makeCluster(t, { queue });
    const calls = ids.map((id) => cluster.attach<number>(id));
    gate.open();
    const values = await Promise.all(calls);
    assert.deepEqual(
      values,
      values.map((_, item) => item),
    );
    assert.equal(cluster.stats().completed, 21);
  });

  test('that nobody had begun are run by a host that comes later', async (t) => {
    const queue = uniqueQueue(t);
    const gate = makeGate(t);
    gate.open();
    const { program, ids } = await startSubmitter(t, queue, gate.address, 3);
    await whenStored(redisClient(t), queue, asCalls(ids));
    await kill(program);
    await startHost(t, { queue });
    const cluster = makeCluster(t, { queue });
    assert.deepEqual(await Promise.all(ids.map((id) => cluster.attach(id))), [0, 1, 2, 3]);
  });

  test('started again, with ids of its own, it has nothing run twice', async (t) => {
    const queue = uniqueQueue(t);
    const gate = makeGate(t);
    await startHost(t, { queue });
    const first = await startSubmitter(t, queue, gate.address, 10, 'order-');
    await gate.whenArrived(1);
    await whenStored(redisClient(t), queue, asCalls(first.ids));
    await kill(first.program);
    const second = await startSubmitter(t, queue, gate.address, 10, 'order-');
    assert.deepEqual(second.ids, first.ids);
    gate.open();
    // It ends when all its calls have.
    const [code] = (await once(second.program, 'exit')) as [number];
    assert.equal(code, 0);
    const third = await startSubmitter(t, queue, gate.address, 10, 'order-');
    assert.deepEqual(await once(third.program, 'exit'), [0, null]);
    assert.equal(gate.arrived, 1);
    const runs = await redisClient(t).hgetall(keyOf(queue));
    assert.equal(Object.keys(runs).length, 10);
    assert.deepEqual(new Set(Object.values(runs)), new Set(['1']));
  });
});

suite('attaching to a call', { skip: needsRedis }, () => {
  test('before it is over, by several: all get its outcome', async (t) => {
    const queue = uniqueQueue(t);
    await startHost(t, { queue });
    const gate = makeGate(t);
    const owner = makeCluster(t, { queue });
    const call = owner.submit(waitAt, gate.address, { some: 'value' });
    await gate.whenArrived(1);
    const others = [makeCluster(t, { queue }), makeCluster(t, { queue })];
    const attached = others.map((other) => other.attach(call.id));
    assert.deepEqual(
      attached.map(({ id }) => id),
      [call.id, call.id],
    );
    assert.equal(owner.attach(call.id), call);
    gate.open();
    assert.deepEqual(await Promise.all([call, ...attached]), [
      { some: 'value' },
      { some: 'value' },
      { some: 'value' },
    ]);
  });

  test('one that has failed: its error', async (t) => {
    const queue = uniqueQueue(t);
    await startHost(t, { queue });
    const call = makeCluster(t, { queue }).submit(fail, 'as it must');
    assert.ok((await call.exception()) instanceof TypeError);
    const attached = makeCluster(t, { queue }).attach(call.id);
    await assert.rejects(async () => attached, { name: 'TypeError', message: 'as it must' });
  });

  test('one that never was: ERR_UNKNOWN_CALL', async (t) => {
    const cluster = makeCluster(t, { queue: uniqueQueue(t) });
    const error = await cluster.attach('no-such-call').exception();
    assert.ok(error instanceof ExecutorError);
    assert.equal(error.code, 'ERR_UNKNOWN_CALL');
    assert.match(error.message, /no call no-such-call/);
  });

  test('one whose outcome has expired: ERR_UNKNOWN_CALL', async (t) => {
    const queue = uniqueQueue(t);
    await startHost(t, { queue });
    const cluster = makeCluster(t, { queue, resultTtl: 1_000 });
    const call = cluster.submit(add, 1, 2);
    assert.equal(await call, 3);
    const redis = redisClient(t);
    // What is too old is thrown away when another call ends.
    while ((await redis.exists(`{cf:${queue}}:${queue}:${call.id}`)) === 1)
      await cluster.submit(noop);
    const error = await makeCluster(t, { queue }).attach(call.id).exception();
    assert.ok(error instanceof ExecutorError);
    assert.equal(error.code, 'ERR_UNKNOWN_CALL');
  });
});

suite('a call submitted twice under one id', { skip: needsRedis }, () => {
  test('is run once, while it waits, while it runs, and when it is over', async (t) => {
    const queue = uniqueQueue(t);
    const [one, other] = [makeCluster(t, { queue }), makeCluster(t, { queue })];
    const gate = makeGate(t);
    const submit = (cluster: typeof one, value: number): PromiseLike<number> =>
      cluster.with({ jobId: 'the-only-one' }).submit(waitAt, gate.address, value);
    const calls = [submit(one, 1)];
    await whenStored(redisClient(t), queue, asCalls(['the-only-one']));
    calls.push(submit(one, 2), submit(other, 3));
    await startHost(t, { queue });
    await gate.whenArrived(1);
    calls.push(submit(makeCluster(t, { queue }), 4));
    gate.open();
    assert.deepEqual(await Promise.all(calls), [1, 1, 1, 1]);
    assert.equal(await submit(one, 5), 1);
    assert.equal(await submit(makeCluster(t, { queue }), 6), 1);
    assert.equal(gate.arrived, 1);
  });

  test('by many at once is run once', async (t) => {
    const queue = uniqueQueue(t);
    await startHost(t, { queue, workers: 2 });
    const clusters = Array.from({ length: 5 }, () => makeCluster(t, { queue }));
    const calls = Array.from({ length: 50 }, (_, item) =>
      clusters.map((cluster) =>
        cluster.with({ jobId: `call-${item}` }).submit(countRun, redisUrl(), keyOf(queue), item, 0),
      ),
    );
    for (const [item, same] of calls.entries())
      assert.deepEqual(new Set(await Promise.all(same)), new Set([item]));
    const runs = await redisClient(t).hgetall(keyOf(queue));
    assert.deepEqual(new Set(Object.values(runs)), new Set(['1']));
  });
});

interface Submitter {
  readonly program: ChildProcess;
  readonly ids: readonly string[];
}

/** The ids are of a call that waits at the gate, and of `count` others. */
async function startSubmitter(
  t: TestContext,
  queue: string,
  gate: string,
  count: number,
  prefix?: string,
): Promise<Submitter> {
  const own = prefix === undefined ? [] : [prefix];
  const args = [SUBMITTER, redisUrl(), queue, gate, keyOf(queue), String(count), ...own];
  const program = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => kill(program));
  const [line] = (await once(createInterface(program.stdout), 'line')) as [string];
  return { program, ids: JSON.parse(line) as string[] };
}

async function kill(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  program.kill('SIGKILL');
  await once(program, 'exit');
}

function keyOf(queue: string): string {
  return `{cf:${queue}}:runs`;
}

function asCalls(ids: readonly string[]): { readonly id: string }[] {
  return ids.map((id) => ({ id }));
}
