/** Values written as frames, and read again as the other side does. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { cloneFromBytes } from '#dist/codec/clone.js';
import { SHAPE_REGION_BYTES, ShapeReader, ShapeWriter } from '#dist/codec/shapes.js';
import { ValueReader } from '#dist/codec/value-reader.js';
import { FrameParser } from '#dist/process/frame-parser.js';
import type { Frame } from '#dist/protocol/frame.js';
import { FrameWriter, type WrittenFrame } from '#dist/process/frame-writer.js';
import { Flag, FrameKind } from '#dist/process/frame-layout.js';
import { value } from '../support/arbitrary-values.ts';
import { identities } from '../support/identity.ts';

/** More than this, and a buffer is attached to its frame instead of copied into it. */
const LARGE = 16 * 1024;

class Pair {
  readonly #region = new DataView(new ArrayBuffer(SHAPE_REGION_BYTES));
  readonly #shapes = new ShapeReader(this.#region);
  readonly #reader = new ValueReader(new ArrayBuffer(0));
  readonly writer = new FrameWriter(new ShapeWriter(this.#region));

  put(content: unknown, { isList = false, owned = false } = {}): WrittenFrame {
    const frame = this.writer.put(FrameKind.Outcome, 0, 1, 0, content, isList, owned);
    const { page, start, end, attached } = frame;
    return { page, start, end, attached };
  }

  /** What arrives of such a frame, as bytes of its own. */
  static receive({ page, start, end, attached }: WrittenFrame): Frame {
    let frame: Frame | undefined;
    const parser = new FrameParser((each) => (frame = each), false);
    for (const piece of [page.subarray(start, end), ...attached])
      assert.equal(parser.push(piece.slice()), true);
    assert.ok(frame !== undefined, 'the frame is complete');
    return frame;
  }

  read(written: WrittenFrame, isList = false): unknown {
    const { attached = [], bytes, flags, start } = Pair.receive(written);
    if ((flags & Flag.Cloned) !== 0)
      return cloneFromBytes(new Uint8Array(attached.at(-1) as ArrayBuffer));
    this.#reader.over(bytes, start, attached);
    return isList
      ? this.#reader.readAll(start, this.#shapes)
      : this.#reader.read(start, this.#shapes);
  }
}

/** What `act` returns. Were it not to return at all, this throws. */
function endsOrThrows<T>(act: () => T): T {
  return runInNewContext('act()', { act }, { timeout: 5000 }) as T;
}

test('whatever structured clone keeps arrives as it would have made it, from the same pages', () => {
  const pair = new Pair();
  let inPlace = 0;
  fc.assert(
    fc.property(fc.array(value, { maxLength: 4 }), (args) => {
      const written = pair.put(args, { isList: true });
      const arrived = pair.read(written, true);
      if ((Pair.receive(written).flags & Flag.Cloned) === 0) inPlace++;
      const expected: unknown = structuredClone(args);
      assert.deepStrictEqual(arrived, expected);
      assert.deepEqual(identities(arrived), identities(expected));
    }),
    { numRuns: 1500 },
  );
  assert.ok(inPlace > 300, `only ${inPlace} were not cloned`);
});

suite('a page', () => {
  test('is filled frame by frame without gaps, then another begins; no frame is disturbed', () => {
    const pair = new Pair();
    const written = Array.from({ length: 500 }, (_, i) => pair.put('x'.repeat(i)));
    const pages = new Set(written.map(({ page }) => page));
    assert.ok(pages.size > 1);
    for (const [i, frame] of written.entries()) {
      const before = written[i - 1];
      assert.equal(frame.start, before?.page === frame.page ? before.end : 0);
      assert.equal(frame.start % 8, 0);
      assert.equal(pair.read(frame), 'x'.repeat(i));
    }
  });

  test('is left for a new one by what does not fit, which goes on by itself if it fits nowhere', () => {
    const pair = new Pair();
    const first = pair.put('x'.repeat(50_000));
    const second = pair.put('y'.repeat(50_000));
    const third = pair.put('z'.repeat(70_000));
    assert.notEqual(second.page, first.page);
    assert.equal(second.start, 0);
    assert.equal(Pair.receive(third).flags & Flag.Cloned, Flag.Cloned);
    assert.deepEqual(
      [first, second, third].map((each) => (pair.read(each) as string).length),
      [50_000, 50_000, 70_000],
    );
  });

  // A whole page of text, less what it takes to say so.
  for (let spare = 48; spare >= 0; spare -= 4) {
    test(`takes what leaves ${spare} bytes of it`, () => {
      const pair = new Pair();
      const text = 'x'.repeat(64 * 1024 - 24 - 5 - spare);
      assert.equal(pair.read(pair.put(text)), text);
    });
  }

  test('takes a large buffer and any text beside it, or another place is found for them', () => {
    // The list of buffers comes behind the content and needs room as well.
    for (let spare = 64; spare >= 0; spare -= 4) {
      const pair = new Pair();
      const content = ['x'.repeat(64 * 1024 - 24 - spare), new ArrayBuffer(LARGE)];
      const written = endsOrThrows(() => pair.put(content));
      assert.deepEqual(pair.read(written), content);
    }
  });
});

suite('a getter', () => {
  test('may have something else written meanwhile, which disturbs neither', () => {
    const pair = new Pair();
    let inner: WrittenFrame | undefined;
    const outer = pair.put({
      before: new Uint8Array(LARGE).fill(2),
      get during(): number {
        inner = pair.put({ inside: ['i', new Uint8Array(LARGE).fill(3)] });
        return 5;
      },
      after: new Uint8Array(LARGE).fill(4),
    });
    assert.ok(inner !== undefined);
    assert.deepEqual(pair.read(inner), { inside: ['i', new Uint8Array(LARGE).fill(3)] });
    assert.deepEqual(pair.read(outer), {
      before: new Uint8Array(LARGE).fill(2),
      during: 5,
      after: new Uint8Array(LARGE).fill(4),
    });
  });

  test('that throws leaves nothing behind: what is written next is what was given', () => {
    const pair = new Pair();
    const thrower = {
      first: new Uint8Array(LARGE),
      get second(): never {
        throw new RangeError('not to be read');
      },
    };
    assert.throws(() => pair.put(thrower), { message: 'not to be read' });
    const next = pair.put({ plain: 1, bytes: new Uint8Array(LARGE).fill(9) });
    assert.equal(next.attached.length, 1);
    assert.deepEqual(pair.read(next), { plain: 1, bytes: new Uint8Array(LARGE).fill(9) });
  });
});

suite('a large buffer', () => {
  test('is attached and copied: what happens to it afterwards does not show', () => {
    const pair = new Pair();
    const bytes = new Uint8Array(LARGE).fill(1);
    const written = pair.put({ bytes });
    assert.equal(written.attached.length, 1);
    bytes.fill(2);
    assert.deepEqual(pair.read(written), { bytes: new Uint8Array(LARGE).fill(1) });
  });

  test('that is ours is attached as it is', () => {
    const pair = new Pair();
    const bytes = new Uint8Array(LARGE).fill(1);
    const [attached] = pair.put([bytes], { isList: true, owned: true }).attached;
    assert.equal(attached?.buffer, bytes.buffer);
  });

  test('is attached once, however often it is in the value', () => {
    const pair = new Pair();
    const bytes = new Uint8Array(LARGE).fill(6);
    const written = pair.put({
      one: bytes,
      two: [bytes, bytes.buffer, new DataView(bytes.buffer)],
    });
    assert.equal(written.attached.length, 1);
    const arrived = pair.read(written) as {
      one: Uint8Array;
      two: [Uint8Array, ArrayBuffer, DataView];
    };
    assert.equal(arrived.one, arrived.two[0]);
    assert.equal(arrived.one.buffer, arrived.two[1]);
    assert.equal(arrived.two[2].buffer, arrived.two[1]);
  });

  test('and many others are attached in order', () => {
    const pair = new Pair();
    const list = Array.from({ length: 300 }, (_, i) => new Uint8Array(LARGE).fill(i));
    const written = pair.put(list);
    assert.equal(written.attached.length, 300);
    assert.deepEqual(pair.read(written), list);
  });
});

test('of a small buffer, too, what happens to it afterwards does not show', () => {
  const pair = new Pair();
  const bytes = new Uint8Array(100).fill(1);
  const written = pair.put(bytes);
  bytes.fill(2);
  assert.deepEqual(written.attached, []);
  assert.deepEqual(pair.read(written), new Uint8Array(100).fill(1));
});

test('objects of a kind that came before are written with a shape, and shorter for it', () => {
  const pair = new Pair();
  const lengths: number[] = [];
  for (let i = 0; i < 40; i++) {
    const made = { aRatherLongKey: i, anotherRatherLongKey: `${i}` };
    const written = pair.put(made);
    lengths.push(written.end - written.start);
    assert.deepEqual(pair.read(written), made);
  }
  assert.ok((lengths.at(-1) ?? 0) < (lengths[0] ?? 0) / 1.5, lengths.join(' '));
});

test('what can not leave the process is refused, and the next value goes', () => {
  const pair = new Pair();
  assert.throws(() => pair.put({ fn: () => {} }), { name: 'DataCloneError' });
  assert.throws(() => pair.put([new SharedArrayBuffer(8)]), { name: 'DataCloneError' });
  assert.equal(pair.read(pair.put('next')), 'next');
});
