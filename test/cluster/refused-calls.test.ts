/** Calls that a host can't run, or may not, and hosts that are not as they should be. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PicklingError } from 'concurrent-futures';
import { BrokenCluster, type ClusterExecutor, CodeMismatchError } from 'concurrent-futures/cluster';
import { hostPid } from '../fixtures/cluster-tasks.js';
import { add, echo, sleep } from '../fixtures/tasks.js';
import { type HostProcess, makeCluster, startHost } from '../support/hosts.js';
import { makeFolder } from '../support/process-pool.js';
import { makeProgramFolder, runNode } from '../support/program.js';
import { plainQueue } from '../support/plain-queue.js';
import { needsRedis, uniqueQueue } from '../support/redis.js';

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));
const OTHER_CLOCK = new URL('../fixtures/other-clock.js', import.meta.url).href;
const HOUR = 3_600_000;
const concurrency = 2;

/** Not exported, so that it comes along with its calls. */
const repeat = (count: number): string => 'x'.repeat(count);

suite('jobs that are none of ours, or not of our time', { skip: needsRedis }, () => {
  test('a job of somebody else stays in the queue as it is, and calls are run', async (t) => {
    const queue = uniqueQueue(t);
    const foreign = plainQueue(t, queue);
    const job = await foreign.add('send-mail', { to: 'ada' });
    const host = await startHost(t, { queue });
    const { call, task } = await host.when('foreign-job');
    assert.deepEqual({ call, task }, { call: job.id, task: 'send-mail' });
    assert.equal(await makeCluster(t, { queue }).submit(add, 1, 2), 3);
    const after = await foreign.getJob(job.id ?? '');
    assert.equal(await after?.getState(), 'delayed');
    assert.deepEqual(after?.data, { to: 'ada' });
    assert.equal(after?.attemptsMade, 0);
  });

  test('a call in a format that is not known fails, with a word to both sides', async (t) => {
    const queue = uniqueQueue(t);
    await plainQueue(t, queue).add('later', { cf: 99 }, { jobId: 'from-the-future' });
    const call = makeCluster(t, { queue }).attach('from-the-future');
    const host = await startHost(t, { queue });
    const error = await call.exception();
    assert.ok(error instanceof BrokenCluster);
    assert.equal(error.code, 'ERR_FORMAT');
    assert.match(error.message, /speaks format 2, and the call is in format 99/);
    const refused = await host.when('call-refused');
    assert.deepEqual([refused.call, refused.task], ['from-the-future', 'later']);
    assert.equal(await makeCluster(t, { queue }).submit(add, 1, 2), 3);
  });
});

suite('payloads over the limit', { skip: needsRedis }, () => {
  test('on the way there, and on the way back', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue, maxPayload: 10_000 });
    await startHost(t, { queue, args: ['--allow-code'] });
    const there = await cluster.submit(echo, 'x'.repeat(10_001)).exception();
    assertRefusal(there, 'ERR_TOO_LARGE', /arguments of echo take \d+ bytes, .* may have 10000/);
    const back = await cluster.submit(repeat, 10_001).exception();
    assertRefusal(back, 'ERR_TOO_LARGE', /result of repeat takes \d+ bytes, .* return 10000/);
    assert.equal((await cluster.submit(repeat, 9_000)).length, 9_000);
  });
});

suite('functions that a host has not', { skip: needsRedis, concurrency }, () => {
  test('a module that is not there: ERR_IMPORT', async (t) => {
    const { cluster, greet, host } = await programs(t, { 'tasks.js': undefined });
    assertRefusal(await cluster.submit(greet, 'Ada').exception(), 'ERR_IMPORT', /root:tasks\.js/);
    assert.match((await host.when('call-refused')).reason, /tasks\.js/);
  });

  test('another version of it: CodeMismatchError, and it is not run', async (t) => {
    const other = TASKS.replace('Hello', 'Bye');
    const { cluster, greet, host } = await programs(t, { 'tasks.js': other });
    assertMismatch(
      await cluster.submit(greet, 'Ada').exception(),
      /root:tasks\.js is not the same/,
    );
    assert.match((await host.when('call-refused')).reason, /Deploy the same code/);
  });

  test('another version of what it imports: CodeMismatchError', async (t) => {
    const { cluster, greet } = await programs(t, { 'lib.js': "export const mark = '?';\n" });
    assertMismatch(await cluster.submit(greet, 'Ada').exception(), /or something that it imports/);
  });

  test('an equal copy of both: it is run', async (t) => {
    const { cluster, greet, host } = await programs(t, {});
    assert.equal(await cluster.submit(greet, 'Ada'), 'Hello Ada!');
    assert.equal(host.count('call-refused'), 0);
  });
});

suite('functions that a host may not run', { skip: needsRedis, concurrency }, () => {
  test('modules that no --allow names', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const args = ['--allow', 'build/test/fixtures/cluster-*', '--allow', 'node:path'];
    const host = await startHost(t, { queue, args });
    const error = await cluster.submit(add, 1, 2).exception();
    assertRefusal(error, 'ERR_NOT_ALLOWED', /may not import root:build\/test\/fixtures\/tasks\.js/);
    assert.match((await host.when('call-refused')).reason, /--allow/);
    assert.equal(await cluster.submit(hostPid), host.pid);
  });

  test('functions that come along, without --allow-code', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const refusing = await startHost(t, { queue });
    const three = 3;
    const addThree = (value: number): number => value + three;
    const error = await cluster.submit(addThree, 1).exception();
    assertRefusal(error, 'ERR_NOT_ALLOWED', /may not run code .* --allow-code/);
    assert.equal(refusing.count('call-refused'), 1);
    await refusing.terminate();
    await startHost(t, { queue, args: ['--allow-code'] });
    assert.equal(await cluster.submit(addThree, 1), 4);
  });

  test('functions that come along, if the submitter does not send any', async (t) => {
    const cluster = makeCluster(t, { queue: uniqueQueue(t), functions: 'reference' });
    const three = 3;
    const error = await cluster.submit((value: number) => value + three, 1).exception();
    assert.ok(error instanceof PicklingError);
  });
});

suite('a host with another clock', { skip: needsRedis, concurrency }, () => {
  for (const [what, offset] of [
    ['an hour fast', HOUR],
    ['an hour slow', -HOUR],
  ] as const) {
    test(`${what}: it says so, and calls are run, also next to one whose clock is right`, async (t) => {
      const queue = uniqueQueue(t);
      // How old an outcome is, hosts tell by their own clocks.
      const cluster = makeCluster(t, { queue, resultTtl: 3 * HOUR });
      const host = await startHost(t, {
        queue,
        flags: ['--import', OTHER_CLOCK],
        env: { CLOCK_OFFSET: String(offset) },
      });
      const { milliseconds } = await host.when('clock-differs');
      assert.ok(Math.abs(milliseconds - offset) < 60_000);
      const first = cluster.submit(hostPid);
      assert.equal(await first, host.pid);
      const other = await startHost(t, { queue });
      assert.equal(other.count('clock-differs'), 0);
      // For longer than a lease: nobody's is taken for over.
      const values = Array.from({ length: 10 }, () => 300);
      assert.deepEqual(await cluster.map(sleep, values).toArray(), values);
      assert.equal(host.count('lease-lost') + other.count('lease-lost'), 0);
      assert.equal(await makeCluster(t, { queue }).attach(first.id), host.pid);
    });
  }
});

suite('a program without BullMQ', () => {
  const script = `
    import { ClusterExecutor, serveCluster } from 'concurrent-futures/cluster';
    const tell = ({ name, code, message }) => console.log(JSON.stringify([name, code, message]));
    try { new ClusterExecutor(); } catch (error) { tell(error); }
    await serveCluster().catch(tell);
  `;

  test('is told what to install, and so is who starts a host', async (t) => {
    const folder = makeFolder(t);
    const installed = join(folder, 'node_modules/concurrent-futures');
    mkdirSync(installed, { recursive: true });
    for (const part of ['package.json', 'dist/bundle'])
      cpSync(join(PACKAGE, part), join(installed, part), { recursive: true });
    const { stdout } = await runNode(folder, { flags: ['--input-type=module'], stdin: script });
    const expected = /^\["MissingPeerError","ERR_MISSING_PEER",".*npm install bullmq ioredis"\]$/;
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, expected);
    const host = await runNode(folder, { script: join(installed, binary()), args: ['host'] });
    assert.equal(host.code, 2);
    assert.match(host.stderr, /npm install bullmq ioredis\n$/);
  });
});

const TASKS = `
  import { task } from 'concurrent-futures';
  import { mark } from './lib.js';
  export const greet = task(import.meta.url, function greet(name) { return 'Hello ' + name + mark; });
`;

/**
 * Two folders with the same program, one of the submitter and one of a host, except that the host's has `changes`;
 * undefined is a file that it has not.
 */
async function programs(
  t: TestContext,
  changes: Readonly<Record<string, string | undefined>>,
): Promise<{
  readonly cluster: ClusterExecutor;
  readonly host: HostProcess;
  readonly greet: (name: string) => string;
}> {
  const files = { 'tasks.js': TASKS, 'lib.js': "export const mark = '!';\n" };
  const [here, there] = [makeProgramFolder(t, files), makeProgramFolder(t)];
  for (const [name, text] of Object.entries({ ...files, ...changes }))
    if (text !== undefined) writeFileSync(join(there, name), text);
  const queue = uniqueQueue(t);
  const cluster = makeCluster(t, { queue, root: here });
  const host = await startHost(t, { queue, args: ['--root', there] });
  const module = (await import(pathToFileURL(join(here, 'tasks.js')).href)) as {
    greet: (name: string) => string;
  };
  return { cluster, host, greet: module.greet };
}

function binary(): string {
  const { bin } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
  };
  return bin['concurrent-futures'] ?? '';
}

function assertRefusal(error: unknown, code: string, message: RegExp): void {
  assert.ok(error instanceof PicklingError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
}

function assertMismatch(error: unknown, message: RegExp): void {
  assert.ok(error instanceof CodeMismatchError, String(error));
  assertRefusal(error, 'ERR_CODE_MISMATCH', message);
}
