/** The end of a program with busy workers, in whatever way: all of its descendants end with it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listed, makeList } from '../support/lists.ts';
import { until, whenGone } from '../support/processes.ts';

/** The workers of the fixture, and the one worker of one of them. */
const DESCENDANTS = 4;

interface Program {
  readonly child: ChildProcess & { readonly pid: number };
  /** Its output in full, once it has ended. */
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;
  readonly ended: Promise<unknown[]>;
}

/** Runs a fixture in a group of processes of its own, as a shell does. */
function run(t: TestContext, fixture: string, ...args: string[]): Program {
  const script = fileURLToPath(new URL(`../fixtures/${fixture}.js`, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { detached: true, stdio: 'pipe' });
  const { pid } = child;
  assert.ok(pid !== undefined);
  t.after(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left, as it should be.
    }
  });
  child.stdin.on('error', () => {});
  return {
    child: Object.assign(child, { pid }),
    stdout: text(child.stdout),
    stderr: text(child.stderr),
    ended: once(child, 'exit'),
  };
}

/** Runs the program until all of its workers are busy. */
async function runBusy(t: TestContext, how = ''): Promise<Program & { readonly pids: number[] }> {
  const list = makeList(t);
  const program = run(t, 'mortal-parent', list, how);
  await until(
    () => listed(list).length === DESCENDANTS,
    () => `${listed(list).length} workers are busy`,
  );
  return { ...program, pids: listed(list) };
}

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGSEGV'] as const) {
  test(`${signal} for the program ends its workers as well`, async (t) => {
    const { child, ended, pids } = await runBusy(t);
    child.kill(signal);
    assert.deepEqual(await ended, [null, signal]);
    await whenGone(pids);
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) {
  test(`${signal} for the whole group ends the program and its workers, without a word of theirs`, async (t) => {
    const { child, ended, pids, stderr } = await runBusy(t);
    process.kill(-child.pid, signal);
    assert.deepEqual(await ended, [null, signal]);
    await whenGone(pids);
    assert.equal(await stderr, '');
  });
}

test('process.exit() in the program ends its workers as well', async (t) => {
  const { child, ended, pids, stderr } = await runBusy(t, 'exit');
  child.stdin?.write('now');
  assert.deepEqual(await ended, [3, null]);
  await whenGone(pids);
  assert.equal(await stderr, '');
});

test('an error that the program does not catch ends its workers as well', async (t) => {
  const { child, ended, pids, stderr } = await runBusy(t, 'throw');
  child.stdin?.write('now');
  assert.deepEqual(await ended, [1, null]);
  await whenGone(pids);
  assert.match(await stderr, /thrown by the program/);
});

test('the death of a program that is blocked ends its workers as well', async (t) => {
  const { child, ended, pids } = await runBusy(t, 'blocked');
  child.stdin?.write('now');
  child.kill('SIGKILL');
  assert.deepEqual(await ended, [null, 'SIGKILL']);
  await whenGone(pids);
});

test('a program that handles SIGINT has the say over its workers, which have heard it too', async (t) => {
  const { child, ended, pids, stdout, stderr } = await runBusy(t, 'on SIGINT');
  process.kill(-child.pid, 'SIGINT');
  assert.deepEqual(await ended, [4, null]);
  await whenGone(pids);
  assert.equal(await stdout, 'interrupted\n');
  assert.equal(await stderr, '');
});

test('SIGINT for the whole group is nothing to workers whose program goes on, idle or not', async (t) => {
  const { child, ended, stdout, stderr } = run(t, 'interrupted-parent');
  await once(child.stdout!, 'data');
  process.kill(-child.pid, 'SIGINT');
  assert.deepEqual(await ended, [0, null]);
  assert.equal(await stdout, 'ready\nthe same\n');
  assert.equal(await stderr, '');
});
