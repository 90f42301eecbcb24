/** What the value writer writes, the reader rebuilds exactly as `structuredClone` does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { NO_ROOM, UNSUPPORTED, WRITTEN } from '#dist/codec/value-writer.js';
import { primitive, value } from '../support/arbitrary-values.ts';
import { Codec } from '../support/codec.ts';
import { identities } from '../support/identity.ts';

/** Buffers arrive as Uint8Arrays, as cloning has it; everything else has to be the same. */
function assertCloned(actual: unknown, original: unknown): void {
  const expected: unknown = structuredClone(original);
  assert.deepStrictEqual(actual, expected);
  assert.deepEqual(identities(actual), identities(expected));
}

test('primitives are rebuilt as they are, and none is refused', () => {
  const codec = new Codec();
  fc.assert(
    fc.property(primitive, (each) => {
      assert.equal(codec.write(each), WRITTEN);
      assert.ok(Object.is(codec.read(), each));
    }),
    { numRuns: 2000 },
  );
});

test('values are rebuilt as structuredClone does, or refused as a whole', () => {
  const codec = new Codec();
  let written = 0;
  fc.assert(
    fc.property(value, (each) => {
      const status = codec.write(each);
      assert.notEqual(status, NO_ROOM);
      if (status === UNSUPPORTED) return;
      written++;
      const end = codec.writer.at;
      assertCloned(codec.read(), each);
      assert.equal(codec.reader.at, end, 'the reader has read what was written, and no more');
    }),
    { numRuns: 3000 },
  );
  assert.ok(written > 1000, `only ${written} values were written at all`);
});

test('the same object is written the same way again, by shape once it is known', () => {
  const codec = new Codec();
  fc.assert(
    fc.property(value, (each) => {
      for (let i = 0; i < 3; i++) {
        if (codec.write(each) === WRITTEN) assertCloned(codec.read(), each);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a writer never writes beyond its limit, and says when there is no room', () => {
  const codec = new Codec();
  fc.assert(
    fc.property(value, fc.integer({ min: 65, max: 600 }), (each, limit) => {
      const status = codec.write(each, 64, limit);
      assert.ok(codec.guardHolds(limit));
      if (status === WRITTEN) {
        assert.ok(codec.writer.at <= limit);
        assertCloned(codec.read(), each);
      }
    }),
    { numRuns: 3000 },
  );
});

test('what just fits is written, and with a byte less it is not', () => {
  const codec = new Codec();
  fc.assert(
    fc.property(value, (each) => {
      // Three times, so that the shapes are defined and the size is the same from here on.
      for (let i = 0; i < 3; i++) if (codec.write(each) !== WRITTEN) return;
      const end = codec.writer.at;
      assert.equal(codec.write(each, 64, end - 1), NO_ROOM);
      assert.ok(codec.guardHolds(end - 1));
    }),
    { numRuns: 1000 },
  );
});

test('argument lists are rebuilt value by value', () => {
  const codec = new Codec();
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), (args) => {
      const limit = codec.memory.byteLength - 8;
      if (codec.writer.writeAll(args, 64, limit) !== WRITTEN) return;
      assertCloned(codec.reader.readAll(64, codec.shapes), args);
    }),
    { numRuns: 1000 },
  );
});

test('many values one after the other do not disturb each other', () => {
  const codec = new Codec();
  fc.assert(
    fc.property(fc.array(value, { minLength: 2, maxLength: 8 }), (values) => {
      const places: { at: number; each: unknown }[] = [];
      let at = 64;
      for (const each of values) {
        if (codec.write(each, at) !== WRITTEN) continue;
        places.push({ at, each });
        at = codec.writer.at;
      }
      for (const place of places.toReversed()) assertCloned(codec.read(place.at), place.each);
    }),
    { numRuns: 500 },
  );
});
