/**
 * Attacks by whoever can write to Redis and has not the secret, on a queue with one. The numbers are those of the page on trust,
 * docs/design/trust.md.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BrokenCluster } from 'concurrent-futures/cluster';
import { FORMAT } from '#dist/cluster/call-format.js';
import { resolveSecrets } from '#dist/cluster/secret.js';
import { Signer } from '#dist/cluster/signature.js';
import { lengthOf, untilAborted } from '../fixtures/cluster-tasks.js';
import { add } from '../fixtures/tasks.js';
import { AttackedHost, codeOf, kinds } from '../support/attacked-host.js';
import { makeGate } from '../support/held.js';
import { makeCluster, startHost, whenStored } from '../support/hosts.js';
import { needsRedis, redisClient, uniqueQueue } from '../support/redis.js';

const concurrency = 2;
/** Of a host, in milliseconds: on a busy machine none is to be lost. */
const lease = 10_000;
const secret = 'known to hosts and submitters';
const older = 'what was the secret before';
const HOUR = 3_600_000;
const OTHER_CLOCK = new URL('../fixtures/other-clock.js', import.meta.url).href;

const soon = (): number => Date.now() + HOUR;

/** As a submitter does it that has the secret. */
function signed<R extends object>(queue: string, id: string, name: string, call: R): R {
  return new Signer(resolveSecrets(secret), queue).signed('call', [id, name], call);
}

/** The same bytes, spelled in another way. */
function respelled(sig: string): string[] {
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const at = last.indexOf(sig.at(-1) ?? '');
  return [
    `${sig}=`,
    `${sig}==`,
    `${sig}\n`,
    ` ${sig}`,
    `${sig}AA`,
    `${sig.slice(0, -1)}${last[at ^ 1]}`,
    `${sig.slice(0, 5)} ${sig.slice(5)}`,
    sig.replaceAll('-', '+').replaceAll('_', '/').concat('='),
  ];
}

suite('a queue with a secret', { skip: needsRedis, concurrency }, () => {
  for (const kind of kinds) {
    test(`T21 (${kind}): calls that nobody has signed, or for another id, name or queue`, async (t) => {
      const host = await AttackedHost.start(t, { kind, secret });
      const { queue } = host;
      const call = { ...host.call(['add'], { json: [1, 2] }), until: soon() };
      const { sig } = signed(queue, 'mine', 'add', call) as { readonly sig?: string };
      const attacks: readonly (readonly [id: string, name: string, data: object])[] = [
        ['a', 'add', call],
        ['b', 'add', { ...call, sig }],
        ['mine', 'other', { ...call, sig }],
        ['c', 'add', signed('other', 'c', 'add', call)],
        ['d', 'add', { ...call, sig: '' }],
        ['e', 'add', { ...call, sig: 'x'.repeat(22) }],
        ['f', 'add', { ...call, sig: 'š'.repeat(22) }],
        ['g', 'add', new Signer(resolveSecrets(older), queue).signed('call', ['g', 'add'], call)],
        [
          'h',
          'add',
          new Signer(resolveSecrets(secret), queue).signed('outcome', ['h', 'add'], call),
        ],
        ['i', 'add', new Signer(resolveSecrets(secret), queue).signed('call', ['h', 'add'], call)],
      ];
      for (const [id, name, data] of attacks)
        assert.match(
          (await host.ended(await host.put({ id, name, data }))).reason ?? '',
          NOT_SIGNED,
        );
      await host.unharmed();
    });

    test(`T22 (${kind}): signed calls that were changed, or spelled in another way`, async (t) => {
      const host = await AttackedHost.start(t, { kind, secret });
      const call = { ...host.call(['echo'], { json: [null, 0, 'x'] }), until: soon(), attempts: 2 };
      const sign = (id: string): string => JSON.stringify(signed(host.queue, id, 'echo', call));
      const { sig = '' } = JSON.parse(sign('probe')) as { readonly sig?: string };
      const changes: readonly ((text: string) => string)[] = [
        (text) => text.replace('[null,', '[1e999,'),
        (text) => text.replace('[null,', '[-1e999,'),
        (text) => text.replace('null,0,', 'null,-0,'),
        (text) => text.replace('"x"', '"y"'),
        (text) => text.replace('"echo"', '"fail"'),
        (text) => text.replace('jobs/probe.mjs', 'private/mark.mjs'),
        (text) => text.replace('"attempts":2', '"attempts":3'),
        (text) => text.replace(/"until":\d/, (digits) => `${digits}0`),
        (text) => text.replace(/\}$/, ',"json":[]}'),
        (text) => text.replace(/\}$/, ',"chunk":true}'),
        (text) => text.replace(/\}$/, ',"maxPayload":1000000}'),
        (text) => text.replace(/\}$/, ',"onWorkerDeath":"fail"}'),
        (text) => text.replace(/\}$/, ',"__proto__":{"chunk":true}}'),
        ...respelled(sig).map((_, i) => (text: string) => {
          const found = JSON.parse(text) as { readonly sig: string };
          return JSON.stringify({ ...found, sig: respelled(found.sig)[i] });
        }),
      ];
      for (const [i, change] of changes.entries()) {
        const id = `changed-${i}`;
        assert.notEqual(change(sign(id)), sign(id), String(i));
        await host.put({ id, name: 'echo', data: change(sign(id)) });
        const { reason, value } = await host.ended(id);
        assert.match(reason ?? '', NOT_SIGNED, `${i}: ${value}`);
      }
      // In other words for the same it is the same.
      const same = sign('same').replace('[null,0,', '[ null , 0.0, ').replace('"x"', '"\\u0078"');
      await host.put({ id: 'same', name: 'echo', data: same });
      assert.equal((await host.ended('same')).reason, null);
      await host.unharmed();
    });

    test(`T26 (${kind}): a signed call again and again, with counters set back`, async (t) => {
      const host = await AttackedHost.start(t, { kind, secret });
      const file = 'jobs/probe.mjs';
      const source = { module: `root:${file}`, hash: host.hashOf(file), path: ['fail'] };
      const call = { cf: FORMAT, source, json: ['on purpose'], until: soon() };
      const data = signed(host.queue, 'again', 'fail', call);
      const reasons: string[] = [];
      for (let i = 0; i < 6; i++) {
        await host.redis.del(host.key('again'), host.key('failed'));
        await host.put({
          id: 'again',
          name: 'fail',
          data,
          opts: { attempts: 1 },
          fields: { stc: '0', atm: '0' },
        });
        reasons.push((await host.ended('again')).reason ?? '');
      }
      assert.deepEqual(
        reasons.map((reason) => reason.startsWith('TypeError: on purpose')),
        [true, true, true, false, false, false],
      );
      assert.match(reasons[5] ?? '', /more often than it is tried/);
      // Nor is it tried more often for options that nobody has signed.
      const other = signed(host.queue, 'often', 'fail', call);
      await host.put({ id: 'often', name: 'fail', data: other, opts: { attempts: 1e9 } });
      assert.match((await host.ended('often')).reason ?? '', /more often than it is tried/);
      await host.unharmed();
    });
  }

  test('T23: outcomes, failures, answers and wishes of another call', async (t) => {
    const queue = uniqueQueue(t);
    const redis = redisClient(t);
    const host = await startHost(t, { lease, queue, workers: 2, env: { CF_SECRET: secret } });
    const cluster = makeCluster(t, { queue, secret });
    const key = (id: string): string => `{cf:${queue}}:${queue}:${id}`;
    const say = (event: Readonly<Record<string, string>>): Promise<unknown> =>
      redis.xadd(key('events'), '*', ...Object.entries(event).flat());
    const done = cluster.submit(add, 1, 2);
    const failed = cluster.submit(lengthOf, null as never);
    await Promise.allSettled([done, failed]);
    const value = (await redis.hget(key(done.id), 'returnvalue')) ?? '';
    const reason = (await redis.hget(key(failed.id), 'failedReason')) ?? '';
    const gate = makeGate(t);
    const forgeries: readonly Readonly<Record<string, string>>[] = [
      { event: 'completed', returnvalue: value },
      { event: 'completed', returnvalue: JSON.stringify({ cf: FORMAT, json: 1 }) },
      { event: 'failed', failedReason: reason },
      { event: 'failed', failedReason: 'job stalled more than allowable limit' },
    ];
    for (const [i, event] of forgeries.entries()) {
      const call = cluster.submit(untilAborted, gate.address);
      await gate.whenArrived(i + 1);
      await say({ ...event, jobId: call.id });
      const error = await call.exception();
      assert.ok(error instanceof BrokenCluster && error.code === 'ERR_SIGNATURE', String(error));
      // It runs on, and who asks again is told.
      const again = makeCluster(t, { queue, secret }).attach(call.id);
      again.cancel('enough');
      assert.equal(await again, 'enough');
    }
    const call = cluster.submit(untilAborted, gate.address);
    await gate.whenArrived(forgeries.length + 1);
    const signer = new Signer(resolveSecrets(secret), queue);
    const runs = { cf: FORMAT, kind: 'runs' };
    const cancel = { cf: FORMAT, kind: 'cancel', id: call.id, reason: { json: 'not mine' } };
    for (const data of [runs, signer.signed('runs', [done.id, null], runs)])
      await say({ event: 'progress', jobId: call.id, data: JSON.stringify(data) });
    const wishes = [
      cancel,
      signer.signed('cancel', [done.id, null], cancel),
      signer.signed('cancel', [call.id, null], cancel),
      signer.signed('runs', [call.id, null], cancel),
      new Signer(resolveSecrets(secret), 'other').signed('cancel', [call.id, null], cancel),
    ];
    for (const wish of wishes) await redis.publish(`{cf:${queue}}:control`, JSON.stringify(wish));
    await host.when('message-refused', wishes.length);
    assert.equal(call.done(), false);
    assert.equal(await call.cancelConfirmed('mine'), false);
    assert.equal(await call, 'mine');
  });

  test('T24: calls that are too old, and clocks that are an hour off', async (t) => {
    const host = await AttackedHost.start(t, { secret });
    for (const until of [0, 1, Date.now() - 3 * HOUR, undefined]) {
      const call = host.call(['add'], { json: [1, 2], ...(until === undefined ? {} : { until }) });
      const id = `old-${until}`;
      await host.put({ id, name: 'add', data: signed(host.queue, id, 'add', call) });
      assert.match((await host.ended(id)).reason ?? '', /too old to be run/);
    }
    await host.unharmed();
    for (const offset of [HOUR, -HOUR]) {
      const queue = uniqueQueue(t);
      const flags = ['--import', OTHER_CLOCK];
      const env = { CLOCK_OFFSET: String(offset), CF_SECRET: secret };
      await startHost(t, { lease, queue, flags, env });
      assert.equal(await makeCluster(t, { queue, secret }).submit(add, 1, 2), 3);
    }
  });

  test('T25: calls and outcomes of a secret that is none any more', async (t) => {
    const queue = uniqueQueue(t);
    const before = makeCluster(t, { queue, secret: older });
    const late = before.submit(add, 1, 2);
    await whenStored(redisClient(t), queue, [late]);
    const host = await startHost(t, { lease, queue, env: { CF_SECRET: secret } });
    assert.equal(codeOf(await late.exception()), 'ERR_SIGNATURE');
    const between = makeCluster(t, { queue, secret: [secret, older] });
    assert.equal(await between.submit(add, 1, 2), 3);
    const known = between.submit(add, 2, 3);
    await known;
    const stale = await before.attach(known.id).exception();
    assert.equal(codeOf(stale), 'ERR_SIGNATURE');
    assert.equal(host.count('call-refused'), 1);
  });

  test('T27: values of other calls in keys of their own', async (t) => {
    const queue = uniqueQueue(t);
    const redis = redisClient(t);
    const cluster = makeCluster(t, { queue, secret });
    const calls = [1, 2, 3].map((fill) =>
      cluster.submit(lengthOf, new Uint8Array(200_000).fill(fill)),
    );
    await whenStored(redis, queue, calls);
    const [one, two, three] = await Promise.all(
      calls.map(async ({ id }) => (await redis.keys(`{cf:${queue}}:value:${id}:*`))[0] ?? ''),
    );
    await redis.copy(one ?? '', two ?? '', 'REPLACE');
    // A record that names the key of another.
    const key = `{cf:${queue}}:${queue}:${calls[2]?.id}`;
    const data = (await redis.hget(key, 'data')) ?? '';
    await redis.hset(key, 'data', data.replace(keyIn(three), keyIn(one)));
    await startHost(t, { lease, queue, env: { CF_SECRET: secret } });
    assert.equal(await calls[0], 200_000);
    assert.equal(codeOf(await calls[1]?.exception()), 'ERR_FORMAT');
    assert.equal(codeOf(await calls[2]?.exception()), 'ERR_SIGNATURE');
  });

  test('T28: hosts that nobody has signed', async (t) => {
    const queue = uniqueQueue(t);
    const redis = redisClient(t);
    const cluster = makeCluster(t, { queue, secret });
    await startHost(t, { lease, queue, args: ['--name', 'honest'], env: { CF_SECRET: secret } });
    const record = (name: string): string => `{cf:${queue}}:host:${name}:record`;
    const { sig: _, ...honest } = JSON.parse((await redis.get(record('honest'))) ?? '') as {
      readonly sig: string;
    };
    const others: Readonly<Record<string, object>> = {
      unsigned: { ...honest, name: 'unsigned' },
      copied: { ...honest, name: 'copied', sig: _ },
      older: new Signer(resolveSecrets(older), queue).signed('host', [], {
        ...honest,
        name: 'older',
      }),
    };
    for (const [name, text] of Object.entries(others)) {
      await redis.sadd(`{cf:${queue}}:hosts`, name);
      await redis.set(record(name), JSON.stringify(text));
    }
    assert.deepEqual(
      (await cluster.hosts()).map(({ name }) => name),
      ['honest'],
    );
  });
});

/** What a record calls a key of Redis. */
function keyIn(name = ''): string {
  return name.replace(/^.*:value:/, '');
}

/** What a host says of a call that it does not believe. */
const NOT_SIGNED = /is not signed|signature that is not of it|not as it was written by a release/;
