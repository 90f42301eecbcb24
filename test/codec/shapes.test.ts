/** Shapes: objects with the same keys, dictionaries with ever new ones, and a region that fills up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ShapeReader, ShapeWriter } from '#dist/codec/shapes.js';
import { ValueReader } from '#dist/codec/value-reader.js';
import { ValueWriter, WRITTEN } from '#dist/codec/value-writer.js';
import { Codec } from '../support/codec.ts';

function roundTrip(codec: Codec, value: unknown): void {
  assert.equal(codec.write(value), WRITTEN);
  assert.deepStrictEqual(codec.read(), value);
}

test('objects of one kind get shorter once their shape is known', () => {
  const codec = new Codec();
  const sizes = [1, 2, 3, 4].map((id) => {
    roundTrip(codec, { id, firstName: 'Ada', familyName: 'Lovelace' });
    return codec.writer.at;
  });
  assert.ok(sizes[3]! < sizes[0]!);
  assert.equal(sizes[3], sizes[2]);
});

test('the order of keys is kept', () => {
  const codec = new Codec();
  for (let i = 0; i < 4; i++) {
    for (const value of [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1 }, { a: 1, b: 2, c: 3 }]) {
      assert.equal(codec.write(value), WRITTEN);
      assert.deepEqual(Object.entries(codec.read() as object), Object.entries(value));
    }
  }
});

test('dictionaries with ever new keys are written, however many there are', () => {
  const codec = new Codec();
  for (let i = 0; i < 20_000; i++) roundTrip(codec, { [`key ${i}`]: i, [`other ${i}`]: [i] });
  roundTrip(codec, { id: 1 });
  roundTrip(codec, { id: 2 });
});

test('a full region ends the making of shapes, and nothing else', () => {
  const codec = new Codec(1 << 16, 256);
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 60; i++) roundTrip(codec, { [`kind${i}`]: round, [`value${i}`]: { i } });
  }
});

test('objects with very many keys', () => {
  const codec = new Codec();
  for (const count of [63, 64, 65, 1000, 10_000]) {
    const many = Object.fromEntries(Array.from({ length: count }, (_, i) => [`key ${i}`, i]));
    for (let i = 0; i < 3; i++) roundTrip(codec, many);
  }
});

test('keys are kept to the last code unit', () => {
  const codec = new Codec();
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 1, maxLength: 20 }),
      fc.string({ minLength: 300, maxLength: 500 }),
      (names, long) => {
        const value = Object.fromEntries(
          [...names, long, '\ud800']
            .filter((name) => name !== '__proto__')
            .map((name) => [name, name]),
        );
        for (let i = 0; i < 3; i++) roundTrip(codec, value);
      },
    ),
  );
});

test('a reader that comes late knows all shapes that were defined before', () => {
  const region = new DataView(new SharedArrayBuffer(4096));
  const memory = new SharedArrayBuffer(4096);
  const writer = new ValueWriter(memory, new ShapeWriter(region));
  for (let i = 0; i < 3; i++) {
    writer.write({ a: i }, 0, 4096);
    writer.write({ b: i, c: { a: i } }, 0, 4096);
  }
  const reader = new ValueReader(memory);
  assert.deepEqual(reader.read(0, new ShapeReader(region)), { b: 2, c: { a: 2 } });
});

test('two writers with regions of their own do not mix up their shapes', () => {
  const codecs = [new Codec(), new Codec()];
  for (let i = 0; i < 4; i++) {
    roundTrip(codecs[0]!, { x: i, y: i });
    roundTrip(codecs[1]!, { y: i, x: i });
    roundTrip(codecs[1]!, { x: i, y: i });
    roundTrip(codecs[0]!, { y: i, x: i });
  }
});
