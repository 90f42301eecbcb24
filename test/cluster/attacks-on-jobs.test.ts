/**
 * Attacks by whoever can write to Redis, on a queue without a secret: records that are no calls, and what BullMQ keeps besides
 * them. The numbers are those of the page on trust, docs/design/trust.md.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FORMAT } from '#dist/cluster/call-format.js';
import { AttackedHost, kinds, type RawJob } from '../support/attacked-host.js';
import { needsRedis } from '../support/redis.js';

const concurrency = 2;
const source = { global: ['Math', 'max'] };

/** What is no call, although it says that it is one of ours. */
const noCalls: readonly object[] = [
  {},
  { source: null },
  { source: 'Math.max' },
  { source: [] },
  { source: {} },
  { source: { module: 1, path: ['x'] } },
  { source: { module: 'root:x' } },
  { source: { module: 'root:x', path: [] } },
  { source: { module: 'root:x', path: 'x' } },
  { source: { module: 'root:x', path: [['x']] } },
  { source: { module: 'root:x', path: ['x'], commonjs: 1 } },
  { source: { module: 'root:x', path: ['x'], more: 1 } },
  { source: { global: ['Math', 1] } },
  { source: { code: [] } },
  { source: { code: { x: 1 } } },
  { source: { code: {}, module: 'root:x', path: ['x'] } },
  { source, more: 1 },
  { source, functions: [] },
  { source, functions: [1] },
  { source, functions: [{ code: {} }] },
  { source, functions: { length: 1 } },
  { source, chunk: 1 },
  { source, onWorkerDeath: 'retry' },
  { source, maxPayload: -1 },
  { source, maxPayload: 1e300 },
  { source, maxPayload: '1' },
  { source, inlineLimit: 0 },
  { source, inlineLimit: null },
  { source, mismatchPatience: -1 },
  { source, mismatchPatience: 0.5 },
  { source, until: 'later' },
  { source, attempts: 0 },
  { source, attempts: [1] },
  { source, sig: 1 },
  { source, sig: null },
  { source, bytes: 1, table: [1] },
  { source, table: {} },
  { source, table: [] },
  { source, parcel: 1 },
  { source, parcel: { key: 1, size: 1, sha256: '' } },
  { source, parcel: { key: 'x', size: -1, sha256: '' } },
  { source, parcel: { key: 'x', size: 1 } },
  { source, constructor: {} },
  { source, toString: 1, json: [] },
];

const options: readonly object[] = [
  { attempts: 1e300 },
  { attempts: -1 },
  { attempts: 'x' },
  { attempts: null },
  { attempts: 3, backoff: { type: 'nonsense', delay: 1 } },
  { attempts: 3, backoff: { type: 'constructor', delay: 1 } },
  { attempts: 3, backoff: { type: '__proto__', delay: 1 } },
  { attempts: 3, backoff: { type: 'OOM', delay: 1 } },
  { attempts: 3, backoff: { type: 'fixed', delay: 'x' } },
  { attempts: 3, backoff: { type: 'fixed', delay: -1e9 } },
  { attempts: 3, backoff: { type: 'fixed', delay: {} } },
  { attempts: 3, backoff: 'x' },
  { removeOnComplete: null, removeOnFail: null },
  { removeOnComplete: true, removeOnFail: true },
  { removeOnComplete: 0, removeOnFail: 0 },
  { removeOnComplete: -1, removeOnFail: -1 },
  { removeOnComplete: 'x', removeOnFail: 'x' },
  { removeOnComplete: [], removeOnFail: [] },
  { removeOnComplete: {}, removeOnFail: {} },
  { removeOnComplete: { age: 'x' }, removeOnFail: { age: 'x' } },
  { removeOnComplete: { age: -1 }, removeOnFail: { age: -1 } },
  { removeOnComplete: { age: 1e300 }, removeOnFail: { age: 1e300 } },
  { removeOnComplete: { age: {} }, removeOnFail: { age: {} } },
  { removeOnComplete: { count: 'x' }, removeOnFail: { count: 'x' } },
  { removeOnComplete: { count: -1, limit: 'x' }, removeOnFail: { count: -1, limit: 'x' } },
  { stackTraceLimit: 'x' },
  { keepLogs: 'x' },
  { sizeLimit: -1 },
  { lifo: 'x' },
  { repeat: { pattern: 'x' } },
  { repeat: { every: 0 } },
  { parent: { id: 'x', queueKey: 'y' } },
  { parent: 'x' },
  { de: { id: 'x' } },
  { deduplication: { id: 'x', ttl: 'x' } },
  { fpof: true, kl: 'x', cpof: true, idof: true, rdof: true },
  { tm: { x: 1 }, omc: 1 },
  { timestamp: 'x', delay: -5, priority: 'x' },
  { constructor: {}, toString: 1 },
];

const fields: readonly Readonly<Record<string, string>>[] = [
  { stc: '-1000000000' },
  { stc: 'x' },
  { stc: '2.5' },
  { ats: 'x' },
  { ats: '9223372036854775807' },
  { atm: 'x' },
  { atm: '-1000000000' },
  { atm: '1e3' },
  { atm: '9223372036854775807' },
  { rjk: 'x' },
  { rjk: 'name:id:end:tz:* * * * *' },
  { progress: '{' },
  { priority: '-1', delay: '-1', timestamp: 'x' },
  { processedOn: 'x', finishedOn: 'x' },
  { returnvalue: '{' },
  { stacktrace: '{' },
  { stacktrace: '{"length":1e9}' },
  { failedReason: 'x' },
  { parentKey: 'x' },
  { parent: '{"id":1}' },
  { defa: 'x' },
  { deid: 'x' },
  { pb: '\u0000' },
  { nrjid: 'x' },
  { 'cf:mismatch': 'x' },
];

const names: readonly string[] = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'a\nb\r\nc',
  '\u0000\u0007\u001b[2J\u001b]0;owned\u0007',
  '\u009b2J\u2028\u202e',
  '\ud800',
  '$& $1 $`',
  '%s %o %c',
  'x'.repeat(3_000_000),
];

const ids: readonly string[] = [
  'a:b',
  ':',
  'a:b:c',
  'a\nb',
  ' ',
  '\u0000',
  '{x}',
  '../x',
  '__proto__',
  'constructor',
  '0:delayed',
  '-1',
  '1e9',
  'é\ud800',
  'OOM',
  'x'.repeat(100_000),
];

suite('jobs that are no calls, or odd ones', { skip: needsRedis, concurrency }, () => {
  for (const kind of kinds) {
    test(`T11 (${kind}): records that are no calls`, async (t) => {
      const host = await AttackedHost.start(t, { kind });
      const attacks = noCalls.map((each): [string, RawJob] => [
        JSON.stringify(each),
        { data: { cf: FORMAT, ...each } },
      ]);
      await host.refuses(Object.fromEntries(attacks), 'ERR_FORMAT');
      const owned = `{"cf":${FORMAT},"source":{"global":["Math","max"]},"__proto__":{"owned":1}}`;
      await host.refuses({ owned: { data: owned } }, 'ERR_FORMAT');
    });

    test(`T12 (${kind}): options of a job that BullMQ makes nothing of`, async (t) => {
      const host = await AttackedHost.start(t, { kind, lease: 1_000 });
      for (const opts of options) {
        await host.put({ data: host.call(['echo'], { json: [1] }), opts });
        await host.put({ data: host.call(['fail'], { json: ['x'] }), opts });
        await host.put({ data: host.call(['echo'], { json: ['x'.repeat(100_000)] }), opts });
      }
      await host.allDone();
      await host.unharmed();
    });

    test(`T13 (${kind}): other fields of a job that are not as BullMQ writes them`, async (t) => {
      const host = await AttackedHost.start(t, { kind, lease: 1_000 });
      for (const each of fields) {
        await host.put({ data: host.call(['echo'], { json: [1] }), fields: each });
        await host.put({ data: host.call(['fail'], { json: ['x'] }), fields: each });
      }
      await host.allDone();
      await host.unharmed();
    });
  }

  test('T13: ids of jobs that are something else, and records that are too long to be read', async (t) => {
    const host = await AttackedHost.start(t, { lease: 60_000 });
    for (let i = 0; i < 20; i++) {
      await host.redis.rpush(host.key(`list-${i}`), 'x');
      await host.redis.lpush(host.key('wait'), `list-${i}`);
    }
    const long = `{"cf":${FORMAT},"json":[${'[],'.repeat(2_000_000)}0]}`;
    const id = await host.put({ data: long });
    assert.match((await host.ended(id)).reason ?? '', /its data is not as BullMQ writes it/);
    await host.unharmed();
    assert.equal(await host.redis.llen(host.key('active')), 0);
  });

  test('T14: names and ids of jobs with control characters, or of megabytes', async (t) => {
    const host = await AttackedHost.start(t, { lease: 1_000 });
    for (const name of names) {
      for (const data of [host.call(['echo'], { json: [1] }), { cf: FORMAT }, {}])
        await host.put({ name, data });
    }
    for (const id of ids) {
      await host.put({ id, data: host.call(['echo'], { json: [1] }) });
      await host.put({ id: `${id}!`, data: { cf: FORMAT } });
    }
    await host.allDone();
    await host.unharmed();
    for (const event of host.host.events) {
      const line = JSON.stringify(event);
      assert.ok(line.length < 5_000, `a line of ${line.length} characters: ${line.slice(0, 200)}`);
    }
  });
});
