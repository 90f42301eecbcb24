/**
 * Attacks by whoever can write to Redis, on a queue without a secret: what submitters and hosts read besides calls. The numbers
 * are those of the page on trust, docs/design/trust.md.
 */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { ClusterExecutor } from 'concurrent-futures/cluster';
import { FORMAT } from '#dist/cluster/call-format.js';
import { queueNames } from '#dist/cluster/queue-names.js';
import { readSettings } from '#dist/cluster/queue-settings.js';
import { Signer } from '#dist/cluster/signature.js';
import type { Redis } from 'ioredis';
import { lengthOf, manyBytes, untilAborted } from '../fixtures/cluster-tasks.js';
import { add } from '../fixtures/tasks.js';
import { codeOf } from '../support/attacked-host.js';
import { makeGate } from '../support/held.js';
import { HostProcess, makeCluster, startHost, whenStored } from '../support/hosts.js';
import { needsRedis, redisClient, redisUrl, uniqueQueue } from '../support/redis.js';

const concurrency = 2;
/** Of a host, in milliseconds: on a busy machine none is to be lost. */
const lease = 10_000;
const LARGE = 100_000;
const MARK = 'x\n\u0001concurrent-futures:';
const origin = { worker: 'w', task: 't' };

interface Queue {
  readonly queue: string;
  readonly redis: Redis;
  readonly cluster: ClusterExecutor;
  readonly key: (name: string) => string;
}

function start(t: TestContext): Queue {
  const queue = uniqueQueue(t);
  const cluster = makeCluster(t, { queue });
  const key = (name: string): string => `{cf:${queue}}:${queue}:${name}`;
  return { queue, redis: redisClient(t), cluster, key };
}

const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
const outcome = (more: object): string => JSON.stringify({ cf: FORMAT, ...more });
const noOutcomes: readonly string[] = [
  '',
  '{',
  'null',
  '1',
  '"x"',
  '[]',
  '[[]]',
  '{}',
  '{"cf":1}',
  `{"cf":"${FORMAT}"}`,
  '{"cf":{"toString":1}}',
  outcome({ json: 1, more: 1 }),
  outcome({ table: [] }),
  outcome({ table: 'x' }),
  outcome({ table: [[0], ['f', 0]] }),
  outcome({ table: [[0], ['s', 2 ** 32]] }),
  outcome({ table: [[0], ['v', 'Uint8Array', 0, 0, 1]] }),
  outcome({ table: [1], bytes: 1 }),
  outcome({ table: [1], bytes: 'AAAA' }),
  outcome({ chunk: {}, json: [] }),
  outcome({ chunk: origin, json: {} }),
  outcome({ chunk: origin, json: [1] }),
  outcome({ chunk: origin, json: [[1, 1]] }),
  outcome({ chunk: origin, json: [[true]] }),
  outcome({ chunk: origin, table: [[0], ['s', 2 ** 32 - 1]] }),
  outcome({ parcel: { key: 'other:x', size: 1, sha256: '' } }),
  outcome({ parcel: { key: '../x', size: 2 ** 50, sha256: '' } }),
  outcome({ parcel: { key: 'x', size: -1, sha256: '' } }),
  `{"cf":${FORMAT},"__proto__":{"owned":1}}`,
  `{"cf":${FORMAT},"json":1e999}`,
  `{"cf":${FORMAT},"json":-0}`,
  `{"cf":${FORMAT},"json":${deep}}`,
];

const failure = (record: unknown): string => `${MARK}${JSON.stringify(record)}`;
const noFailures: readonly string[] = [
  MARK,
  `${MARK}{`,
  failure(null),
  failure({ cf: 1 }),
  failure({ cf: FORMAT }),
  failure({ cf: FORMAT, failure: null }),
  failure({ cf: FORMAT, failure: { kind: 'other' } }),
  failure({ cf: FORMAT, failure: { kind: 'cancelled', more: 1 } }),
  failure({ cf: FORMAT, failure: { kind: 'error', ...origin } }),
  failure({ cf: FORMAT, failure: { kind: 'error', thrown: 'x', ...origin } }),
  failure({ cf: FORMAT, failure: { kind: 'error', thrown: {}, worker: 1, task: 't' } }),
  failure({ cf: FORMAT, failure: { kind: 'error', thrown: { table: [[9]] }, ...origin } }),
  `${MARK}{"cf":${FORMAT},"failure":{"kind":"cancelled","__proto__":{"kind":"error"}}}`,
];

/** Errors that defend themselves against being looked at, as far as data can. */
const errors: readonly (readonly unknown[])[] = [
  [[0], ['e', [], 'n', 'm', 's', 'cause', [0]]],
  [[0], ['e', [], '', '', '', 'toString', 1, 'constructor', null, '__proto__', [1]], ['o', 'x', 1]],
  [[0], ['e', [['global', 'AggregateError']], 'n', 'm', 's', 'errors', 7]],
  [[0], ['e', [['global', 'AggregateError']], 'n', 'm', 's', 'errors', [1]], ['s', 2 ** 32 - 1]],
  [
    [0],
    [
      'e',
      [
        ['global', 'eval'],
        ['library', 'constructor'],
      ],
      'n',
      'm',
      's',
      'code',
      [0],
    ],
  ],
  [[0], ['e', [['library', 'BrokenCluster']], 'n', 'm', 's', 'code', 'ERR_SIGNATURE', 'pid', null]],
  [[0], ['e', [['library', 'CancelledError']], 'n', 'm', 's']],
  ['a text'],
  [[-1]],
  [[0], ['o', 'then', 1]],
];

suite('what is read besides calls', { skip: needsRedis, concurrency }, () => {
  test('T15: outcomes that are none, or of errors that are hard to look at', async (t) => {
    const { queue, redis, cluster, key } = start(t);
    let jobs = 0;
    const told = async (fields: object): Promise<unknown> => {
      const id = `job-${++jobs}`;
      await redis.hset(key(id), { timestamp: 1, finishedOn: 1, ...fields });
      return await cluster.attach(id).exception();
    };
    for (const returnvalue of noOutcomes) {
      const code = codeOf(await told({ returnvalue }));
      assert.equal(code, 'ERR_FORMAT', returnvalue.slice(0, 100));
    }
    for (const failedReason of noFailures) {
      assert.equal(codeOf(await told({ failedReason })), 'ERR_FORMAT', failedReason);
    }
    for (const failedReason of ['', 'x', '\u0000', 'x'.repeat(1_000_000)]) {
      assert.equal(codeOf(await told({ failedReason })), 'ERR_WORKER_DIED');
    }
    for (const table of errors) {
      const record = { cf: FORMAT, failure: { kind: 'error', thrown: { table }, ...origin } };
      const error = await told({ failedReason: failure(record) });
      assert.ok(!(error instanceof Object) || Object.hasOwn(error, 'stack') || 'then' in error);
    }
    assert.equal(Reflect.get({}, 'owned'), undefined);
    await startHost(t, { lease, queue });
    assert.equal(await cluster.submit(add, 1, 2), 3);
  });

  test('T16: events of what has not happened', async (t) => {
    const { queue, redis, cluster, key } = start(t);
    await startHost(t, { lease, queue });
    const gate = makeGate(t);
    const call = cluster.submit(untilAborted, gate.address);
    await gate.whenArrived(1);
    const say = (event: Readonly<Record<string, string>>): Promise<unknown> =>
      redis.xadd(key('events'), '*', ...Object.entries(event).flat());
    for (const event of ['active', 'waiting', 'delayed', 'progress', 'duplicated', 'x', '']) {
      for (const jobId of [call.id, 'nobody', '__proto__', 'constructor', '']) {
        await say({ event, jobId, prev: 'active', data: '{' });
        await say({ event, jobId, data: JSON.stringify({ cf: FORMAT, kind: 'other' }) });
      }
    }
    await say({ event: 'completed' });
    await say({ jobId: call.id });
    await say({ event: 'completed', jobId: 'nobody', returnvalue: '{' });
    await say({ event: 'failed', jobId: '__proto__', failedReason: failure({ cf: FORMAT }) });
    await say({ event: 'removed', jobId: 'constructor', prev: 'wait' });
    assert.equal(call.done(), false);
    call.cancel('enough');
    assert.equal(await call, 'enough');
    // Without a secret an outcome that is one is believed, and what is none fails that call alone.
    const other = cluster.submit(untilAborted, gate.address);
    await gate.whenArrived(2);
    await say({ event: 'completed', jobId: other.id, returnvalue: '{' });
    assert.equal(codeOf(await other.exception()), 'ERR_FORMAT');
    cluster.attach(other.id).cancel();
    assert.equal(await cluster.submit(add, 1, 2), 3);
  });

  test('T17: values in keys of their own that are not what was put there', async (t) => {
    const { queue, redis, cluster } = start(t);
    const changes: readonly (readonly [string, (key: string, other: string) => unknown])[] = [
      ['ERR_FORMAT', (key, other) => redis.copy(other, key, 'REPLACE')],
      ['ERR_FORMAT', (key) => redis.set(key, 'short')],
      ['ERR_FORMAT', (key) => redis.append(key, 'x')],
      ['ERR_FORMAT', (key) => redis.setrange(key, 0, '\u00ff\u00ff\u00ff\u00ff')],
      ['ERR_FORMAT', async (key) => [await redis.del(key), await redis.rpush(key, 'x')]],
      ['ERR_FORMAT', async (key) => [await redis.del(key), await redis.hset(key, 'x', 'x')]],
      ['ERR_UNKNOWN_CALL', (key) => redis.del(key)],
    ];
    const keys = async (id: string): Promise<string> =>
      (await redis.keys(`{cf:${queue}}:value:${id}:*`))[0] ?? '';
    const calls = changes.map((_, i) => cluster.submit(lengthOf, new Uint8Array(LARGE).fill(i)));
    const honest = cluster.submit(lengthOf, new Uint8Array(LARGE).fill(100));
    await whenStored(redis, queue, [...calls, honest]);
    for (const [i, [, change]] of changes.entries())
      await change(await keys(calls[i]?.id ?? ''), await keys(honest.id));
    await startHost(t, { lease, queue });
    for (const [i, [code]] of changes.entries())
      assert.equal(codeOf(await calls[i]?.exception()), code, `${i}`);
    assert.equal(await honest, LARGE);
    const back = changes.map(() => cluster.submit(manyBytes, LARGE));
    const other = cluster.submit(manyBytes, LARGE - 1);
    await Promise.all([...back, other]);
    for (const [i, [code, change]] of changes.entries()) {
      await change(await keys(back[i]?.id ?? ''), await keys(other.id));
      const found = await makeCluster(t, { queue })
        .attach(back[i]?.id ?? '')
        .exception();
      assert.equal(codeOf(found), code, `${i}`);
    }
    assert.equal(await cluster.submit(add, 1, 2), 3);
  });

  test('T18: hosts that there are not', async (t) => {
    const { queue, redis, cluster } = start(t);
    const [set, record] = [
      `{cf:${queue}}:hosts`,
      (name: string) => `{cf:${queue}}:host:${name}:record`,
    ];
    const host = await startHost(t, { lease, queue, args: ['--name', 'honest'] });
    const honest = JSON.parse((await redis.get(record('honest'))) ?? '') as object;
    const forged: Readonly<Record<string, string>> = {
      text: 'x',
      nothing: '',
      null: 'null',
      list: '[]',
      'other name': JSON.stringify(honest),
      'no name': JSON.stringify({ ...honest, name: 1 }),
      pid: JSON.stringify({ ...honest, name: 'pid', pid: -1 }),
      kind: JSON.stringify({ ...honest, name: 'kind', kind: 'fibers' }),
      workers: JSON.stringify({ ...honest, name: 'workers', workers: 1e300 }),
      held: JSON.stringify({ ...honest, name: 'calls', calls: 'many' }),
      since: JSON.stringify({ ...honest, name: 'since', since: 1e300 }),
      versions: JSON.stringify({ ...honest, name: 'versions', versions: [] }),
      more: JSON.stringify({ ...honest, name: 'more', more: 1 }),
      huge: JSON.stringify({ ...honest, name: 'huge', more: 'x'.repeat(3_000_000) }),
      deep,
      __proto__x: '{"__proto__":{"name":"x"}}',
    };
    for (const [name, text] of Object.entries(forged)) {
      await redis.sadd(set, name);
      await redis.set(record(name), text);
    }
    await redis.sadd(set, 'a list', 'gone', '__proto__', 'x'.repeat(100_000));
    await redis.rpush(record('a list'), 'x');
    assert.deepEqual(
      (await cluster.hosts()).map(({ name }) => name),
      ['honest'],
    );
    await redis.del(set);
    await redis.set(set, 'a text');
    assert.deepEqual(await cluster.hosts(), []);
    assert.equal(await cluster.submit(add, 1, 2), 3);
    assert.equal((await host.terminate()).code, 0);
  });

  test('T19: settings that are none', async (t) => {
    const { queue, redis, cluster } = start(t);
    const names = queueNames(queue);
    for (const each of ['1', 'Infinity', '-5', '1e999', 'x', '', '{}', '1e12', '-0']) {
      await redis.hset(names.settings, { lease: each });
      const { problem } = await readSettings(redis, names, new Signer([], queue));
      assert.match(problem ?? '', /lease/, each);
    }
    await redis.del(names.settings);
    await redis.set(names.settings, 'x');
    const host = new HostProcess(t, ['host', '--redis', redisUrl(), '--queue', queue, '--json']);
    assert.match((await host.when('message-refused')).reason, /settings of the queue.*else/);
    assert.equal((await host.when('started')).lease, 15_000);
    assert.equal(await cluster.submit(add, 1, 2), 3);
  });

  for (const kind of ['threads', 'processes']) {
    test(`T20 (${kind}): messages on the control channel`, async (t) => {
      const { queue, redis, cluster } = start(t);
      const args = kind === 'processes' ? ['--processes'] : [];
      const host = await startHost(t, { lease, queue, args });
      const gate = makeGate(t);
      const call = cluster.submit(untilAborted, gate.address);
      await gate.whenArrived(1);
      const cancel = { cf: FORMAT, kind: 'cancel', id: call.id, reason: { json: 'x' } };
      const messages: readonly string[] = [
        '',
        '{',
        'null',
        '[]',
        '1',
        deep,
        JSON.stringify({}),
        JSON.stringify({ ...cancel, cf: 1 }),
        JSON.stringify({ ...cancel, kind: 'stop' }),
        JSON.stringify({ ...cancel, id: [call.id] }),
        JSON.stringify({ ...cancel, reason: null }),
        JSON.stringify({ ...cancel, reason: 'x' }),
        JSON.stringify({ ...cancel, reason: { json: 1, more: 1 } }),
        JSON.stringify({ ...cancel, more: 1 }),
        JSON.stringify({ ...cancel, sig: 1 }),
        `{"cf":${FORMAT},"kind":"cancel","id":"${call.id}","reason":{"json":${deep}}}`,
      ];
      for (const text of messages) await redis.publish(`{cf:${queue}}:control`, text);
      await host.when('message-refused', messages.length);
      for (const id of ['', 'nobody', '__proto__', 'constructor'])
        await redis.publish(`{cf:${queue}}:control`, JSON.stringify({ ...cancel, id }));
      assert.equal(await cluster.submit(add, 1, 2).cancelConfirmed(), true);
      assert.equal(call.done(), false);
      const reason = 'one\u2028two\u2029three\u0085four\r\nfive\n';
      call.cancel(reason);
      assert.equal(await call, reason);
      // Reasons that are no values are none, and end nobody.
      let arrived = 1;
      for (const json of [{ table: [[7]] }, { parcel: { key: 'x', size: 1, sha256: '' } }]) {
        const next = cluster.submit(untilAborted, gate.address);
        await gate.whenArrived(++arrived);
        const message = { ...cancel, id: next.id, reason: json };
        await redis.publish(`{cf:${queue}}:control`, JSON.stringify(message));
        assert.equal((await next.exception()) === undefined, true);
      }
      assert.equal(host.count('worker-died'), 0);
      assert.equal(await cluster.submit(add, 1, 2), 3);
    });
  }
});
