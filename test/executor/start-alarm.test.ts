/** A worker's time for getting ready, of which the time that its parent was blocked is no part. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startAlarm } from '#dist/executor/start-alarm.js';

/** Lets milliseconds pass in one go, as for an event loop that is blocked for so long, and gives it a turn. */
function clock(t: TestContext): (ms: number) => Promise<void> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return async (ms) => {
    t.mock.timers.tick(ms);
    await setImmediate();
  };
}

test('the alarm rings when its time is over, once', async (t) => {
  const pass = clock(t);
  let rang = 0;
  startAlarm(1000, () => rang++);
  for (let i = 0; i < 9; i++) await pass(100);
  assert.equal(rang, 0);
  await pass(100);
  assert.equal(rang, 1);
  for (let i = 0; i < 20; i++) await pass(100);
  assert.equal(rang, 1);
});

test('a long block counts for a tenth of the time', async (t) => {
  const pass = clock(t);
  let rang = 0;
  startAlarm(1000, () => rang++);
  for (let i = 0; i < 9; i++) await pass(60_000);
  assert.equal(rang, 0);
  await pass(100);
  assert.equal(rang, 1);
});

test('it can be called off at any time', async (t) => {
  const pass = clock(t);
  for (const parts of [0, 1, 9]) {
    let rang = 0;
    const stop = startAlarm(1000, () => rang++);
    for (let i = 0; i < parts; i++) await pass(100);
    stop();
    for (let i = 0; i < 20; i++) await pass(100);
    assert.equal(rang, 0);
  }
});

test('without an end to its time it never rings', async (t) => {
  const pass = clock(t);
  let rang = 0;
  startAlarm(Infinity, () => rang++);
  for (let i = 0; i < 20; i++) await pass(2 ** 31 - 1);
  assert.equal(rang, 0);
});
