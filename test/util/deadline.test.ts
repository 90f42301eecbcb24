/** Deadlines on the monotonic clock, and the timers made of them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { alarm, deadlineIn } from '#dist/util/deadline.js';

/** A clock that stands still until the test moves it; timers don't move with it. */
function stopClock(t: TestContext): { now: number } {
  const clock = { now: 5000 };
  t.mock.method(performance, 'now', () => clock.now);
  return clock;
}

test('the clock starts when the deadline is made, and never goes below 0', (t) => {
  const clock = stopClock(t);
  const deadline = deadlineIn(100);
  assert.equal(deadline.left(), 100);
  clock.now += 60.5;
  assert.equal(deadline.left(), 39.5);
  clock.now += 1000;
  assert.equal(deadline.left(), 0);
});

test('without a timeout, or with Infinity, the deadline never comes and takes no timer', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const timeout of [undefined, Infinity]) {
    const deadline = deadlineIn(timeout);
    assert.equal(deadline.left(), Infinity);
    let rang = 0;
    const stop = alarm(deadline, () => rang++);
    t.mock.timers.tick(2 ** 31 - 1);
    stop();
    assert.equal(rang, 0);
  }
});

test('an alarm rings once, not before the time that is left, rounded up', async (t) => {
  const clock = stopClock(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const deadline = deadlineIn(100.2);
  clock.now += 40;
  let rang = 0;
  alarm(deadline, () => rang++);
  t.mock.timers.tick(60);
  await setImmediate();
  assert.equal(rang, 0);
  t.mock.timers.tick(1);
  await setImmediate();
  assert.equal(rang, 1);
  t.mock.timers.tick(1000);
  await setImmediate();
  assert.equal(rang, 1);
});

test('an alarm does not ring before what has arrived was taken', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const order: string[] = [];
  const arrived = new Promise<void>((resolve) => {
    port1.on('message', () => {
      order.push('message');
      resolve();
    });
  });
  port2.postMessage('it was here before');
  alarm(deadlineIn(10), () => order.push('alarm'));
  // As after a time in which this thread was blocked: the timer is due, the message unread.
  t.mock.timers.tick(10);
  await arrived;
  await setImmediate();
  assert.deepEqual(order, ['message', 'alarm']);
});

test('an alarm can be called off up to the last moment', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let rang = 0;
  const stop = alarm(deadlineIn(10), () => rang++);
  t.mock.timers.tick(10);
  stop();
  await setImmediate();
  assert.equal(rang, 0);
});

test('an alarm that is called off does not ring', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let rang = 0;
  const stop = alarm(deadlineIn(10), () => rang++);
  stop();
  stop();
  t.mock.timers.tick(1000);
  assert.equal(rang, 0);
});

test('an alarm never rings within the call that sets it, even if its time is over', async () => {
  let rang = false;
  await new Promise<void>((resolve) => {
    alarm(deadlineIn(0), () => {
      rang = true;
      resolve();
    });
    assert.equal(rang, false);
  });
  assert.equal(rang, true);
});
