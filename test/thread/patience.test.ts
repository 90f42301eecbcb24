/** How often an idle worker watches the queue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience } from '#dist/thread/patience.js';

/** @returns in how many of `times` idle moments it watches, if there is never anything to be seen. */
function watchesInVain(patience: Patience, times: number): number {
  let watches = 0;
  for (let i = 0; i < times; i++) {
    if (!patience.isDueToWatch()) continue;
    watches++;
    patience.watched(false);
  }
  return watches;
}

test('it watches while there is something to be seen, each time', () => {
  const patience = new Patience();
  for (let i = 0; i < 100; i++) {
    assert.equal(patience.isDueToWatch(), true);
    assert.equal(patience.wasInVain, false);
    patience.watched(true);
  }
});

test('it gives up when there is nothing, but for a look now and then', () => {
  const patience = new Patience();
  assert.equal(watchesInVain(patience, 4), 4);
  assert.equal(patience.wasInVain, true);
  const later = watchesInVain(patience, 1_600);
  assert.ok(later > 50 && later < 200, `${later} of 1600`);
});

test('one look that is not in vain is enough for it to watch again', () => {
  const patience = new Patience();
  watchesInVain(patience, 100);
  while (!patience.isDueToWatch());
  patience.watched(true);
  assert.equal(watchesInVain(patience, 4), 4);
});
