/** Promises are made when somebody asks for them, so a failure that nobody awaits ends no process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFixture } from '../support/fresh-process.js';
import { pending, rejection } from '../support/futures.js';

test('failed and cancelled futures that nobody awaits do not end the process', async () => {
  const { code, stdout, stderr } = await runFixture('leaves-failures-alone');
  assert.deepEqual(
    { code, stdout, stderr },
    { code: 0, stdout: '4 are done\nexit 0\n', stderr: '' },
  );
});

test('a promise that was asked for and dropped does, as any promise', async () => {
  const { code, stderr } = await runFixture('asks-without-awaiting');
  assert.equal(code, 1);
  assert.match(stderr, /Error: asked for and dropped/);
});

test('a failure can still be awaited after everybody else has seen it', async () => {
  const error = new Error('seen before');
  const future = pending();
  future.addDoneCallback(() => {});
  future.setException(error);
  assert.equal(future.exceptionSync(), error);
  assert.equal(await rejection(future), error);
});
