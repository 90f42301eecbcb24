/** How often an idle worker watches the queue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpinPolicy } from '#dist/thread/spin-policy.js';

/** @returns in how many of `times` idle moments it watches, if there is never anything to be seen. */
function watchesInVain(policy: SpinPolicy, times: number): number {
  let watches = 0;
  for (let i = 0; i < times; i++) {
    if (!policy.isDueToWatch()) continue;
    watches++;
    policy.watched(false);
  }
  return watches;
}

test('it watches while there is something to be seen, each time', () => {
  const policy = new SpinPolicy();
  for (let i = 0; i < 100; i++) {
    assert.equal(policy.isDueToWatch(), true);
    assert.equal(policy.wasInVain, false);
    policy.watched(true);
  }
});

test('it gives up when there is nothing, but for a look now and then', () => {
  const policy = new SpinPolicy();
  assert.equal(watchesInVain(policy, 4), 4);
  assert.equal(policy.wasInVain, true);
  const later = watchesInVain(policy, 1_600);
  assert.ok(later > 50 && later < 200, `${later} of 1600`);
});

test('one look that is not in vain is enough for it to watch again', () => {
  const policy = new SpinPolicy();
  watchesInVain(policy, 100);
  while (!policy.isDueToWatch());
  policy.watched(true);
  assert.equal(watchesInVain(policy, 4), 4);
});
