/** Plain, dense, not too deep: the answers that all formats of values share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  hasItemsOnly,
  isDense,
  MOST_LEVELS_CLONED,
  MOST_LEVELS_OF_RECORD,
  MOST_LEVELS_WRITTEN,
} from '#dist/codec/plainness.js';
import { ShapeWriter } from '#dist/codec/shapes.js';
import { survey } from '#dist/codec/survey.js';
import { UNSUPPORTED, ValueWriter, WRITTEN } from '#dist/codec/value-writer.js';
import { isPlain } from '#dist/closure/plain-data.js';
import { exact } from '#dist/cluster/schema.js';
import { toWire } from '#dist/cluster/wire-value.js';
import { nest } from '../fixtures/deep-values.ts';

const hidden: PropertyDescriptor = { value: 1, enumerable: false };

const arrays: readonly [what: string, array: unknown[], dense: boolean, itemsOnly: boolean][] = [
  ['empty', [], true, true],
  ['items', [1, undefined, null], true, true],
  ['a hole at the end', Array<unknown>(1), false, false],
  ['a hole', Object.assign(Array<unknown>(2), { 1: 1 }), false, false],
  ['a property', Object.assign([1], { a: 1 }), false, false],
  ['a hole and a property', Object.assign(Array<unknown>(2), { 1: 1, a: 1 }), false, false],
  ['a property and no item', Object.assign(Array<unknown>(1), { a: 1 }), false, false],
  ['a symbol', Object.assign([1], { [Symbol('s')]: 1 }), true, false],
  ['a hidden property', Object.defineProperty([1], 'a', hidden), true, false],
  ['a hidden item', Object.defineProperty([1, 2], 0, hidden), false, false],
];

test('an array is dense if it has its items and nothing else', () => {
  for (const [what, array, dense, itemsOnly] of arrays) {
    assert.equal(isDense(array), dense, what);
    assert.equal(hasItemsOnly(array), itemsOnly, what);
  }
});

test('an array with a hole and something else is not data that cloning carries', () => {
  const array = Object.assign(Array<unknown>(2), { 1: 1, a: () => {} });
  assert.equal(isPlain(array, { shares: true, moved: [] }), false);
});

test('what is written as it is has the same most levels in memory and in a record', () => {
  const writer = new ValueWriter(
    new ArrayBuffer(4096),
    new ShapeWriter(new DataView(new ArrayBuffer(4096))),
  );
  for (const kind of ['array', 'object'] as const) {
    const most = nest(MOST_LEVELS_WRITTEN, kind);
    assert.equal(writer.write(most, 0, 4096), WRITTEN);
    assert.ok('json' in toWire(most));
    const deeper = nest(MOST_LEVELS_WRITTEN + 1, kind);
    assert.equal(writer.write(deeper, 0, 4096), UNSUPPORTED);
    assert.ok('table' in toWire(deeper));
  }
});

test('what is cloned as it is has the same most levels as an argument and in a closure', () => {
  const most = nest(MOST_LEVELS_CLONED, 'object') as object;
  assert.equal(survey(most).isDeep, false);
  assert.equal(isPlain(most, { shares: true, moved: [] }), true);
  assert.equal(survey([most]).isDeep, true);
  assert.equal(isPlain([most], { shares: true, moved: [] }), false);
});

test('a record has room for every value that is written as it is', () => {
  assert.ok(MOST_LEVELS_OF_RECORD > MOST_LEVELS_WRITTEN);
  assert.equal(exact(nest(MOST_LEVELS_OF_RECORD, 'array'), 'record'), undefined);
  assert.equal(
    exact(nest(MOST_LEVELS_OF_RECORD + 1, 'array'), 'record'),
    'record is nested too deep',
  );
});
