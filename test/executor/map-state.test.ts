/** The input of a map: every arrow of the table, every refusal, and the failure that is kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MapMachine, MapState } from '#dist/executor/map-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new MapMachine(), MapState, {
  read: { send: (map) => map.read(), arrows: { Idle: 'Reading' } },
  more: { send: (map) => map.more(), arrows: { Reading: 'Idle' } },
  end: { send: (map) => map.end(), arrows: { Reading: 'Ended' } },
  fail: { send: (map) => map.fail('no'), arrows: { Idle: 'Ended', Ended: 'Ended' } },
  close: {
    send: (map) => map.close(),
    arrows: { Idle: 'Closed', Reading: 'Closed', Ended: 'Closed' },
  },
});

test('input that is exhausted leaves no failure', () => {
  const map = new MapMachine();
  map.read();
  map.end();
  assert.equal(map.failure, undefined);
});

test('the failure of a submit stands, also if the input had failed before', () => {
  const map = new MapMachine();
  map.read();
  map.end({ error: 'of the input' });
  assert.deepEqual(map.failure, { error: 'of the input' });
  map.fail('of the submit');
  assert.deepEqual(map.failure, { error: 'of the submit' });
});

test('a failure that comes after the end of the loop is not kept', () => {
  const map = new MapMachine();
  map.close();
  map.fail('too late');
  assert.equal(map.failure, undefined);
});
