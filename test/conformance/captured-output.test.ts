/** What a task writes, on the future of its call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InlineExecutor } from 'concurrent-futures';
import { noop } from '../fixtures/tasks.ts';
import {
  write,
  writeAndExit,
  writeAndThrow,
  writeBytes,
  writeInSteps,
} from '../fixtures/writing-tasks.ts';
import { isolatedBackends, lacks } from '../support/every-backend.ts';
import { makePool } from '../support/held.ts';

for (const backend of isolatedBackends) {
  const { name } = backend;

  test(`stdout and stderr of a call are on its future (${name})`, async (t) => {
    if (lacks(t, backend, 'output')) return;
    const capturing = makePool(t, backend, { maxWorkers: 1 }).with({ captureOutput: true });
    const future = capturing.submit(write, 'to stdout', 'to stderr');
    assert.deepEqual(future.output, { stdout: '', stderr: '' });
    assert.equal(await future, 'written');
    assert.deepEqual(future.output, { stdout: 'to stdout\n', stderr: 'to stderr' });
  });

  test(`each of several calls has its own, across awaits and callbacks (${name})`, async (t) => {
    if (lacks(t, backend, 'output')) return;
    const capturing = makePool(t, backend, { maxWorkers: 2 }).with({ captureOutput: true });
    const futures = ['a', 'b', 'c', 'd'].map((text) => capturing.submit(writeInSteps, text));
    await Promise.all(futures);
    assert.deepEqual(
      futures.map(({ output }) => output?.stdout),
      ['a 1,a 2,a 3', 'b 1,b 2,b 3', 'c 1,c 2,c 3', 'd 1,d 2,d 3'],
    );
  });

  test(`a character that is written in two pieces stays one (${name})`, async (t) => {
    if (lacks(t, backend, 'output')) return;
    const capturing = makePool(t, backend, { maxWorkers: 1 }).with({ captureOutput: true });
    const future = capturing.submit(writeBytes);
    await future;
    assert.equal(future.output?.stdout, 'é');
  });

  test(`a call that fails has its output, and so has one whose worker ends (${name})`, async (t) => {
    if (lacks(t, backend, 'output')) return;
    const capturing = makePool(t, backend, { maxWorkers: 1 }).with({ captureOutput: true });
    const failing = capturing.submit(writeAndThrow);
    assert.ok((await failing.exception()) instanceof RangeError);
    assert.equal(failing.output?.stderr, 'about to fail\n');
    const ending = capturing.submit(writeAndExit);
    assert.ok((await ending.exception()) instanceof backend.brokenClass);
    assert.equal(ending.output?.stdout, 'last words\n');
  });

  test(`without captureOutput a future has no output (${name})`, async (t) => {
    if (lacks(t, backend, 'output')) return;
    const future = makePool(t, backend, { maxWorkers: 1 }).submit(noop);
    await future;
    assert.equal(future.output, undefined);
  });
}

test('an executor that can not capture says so', () => {
  assert.throws(() => new InlineExecutor().with({ captureOutput: true }), {
    code: 'ERR_NOT_IMPLEMENTED',
  });
});
