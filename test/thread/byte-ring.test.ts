/** The byte ring against a model: blocks of random sizes, released in any order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ShapeReader, ShapeWriter } from '#dist/codec/shapes.js';
import { ValueReader } from '#dist/codec/value-reader.js';
import { ValueWriter } from '#dist/codec/value-writer.js';
import { ByteRing, releaseBlock } from '#dist/thread/byte-ring.js';

const START = 256;
const HEADER = 8;
/** What an ArrayBuffer takes beside its content: tag, length, and filler up to a multiple of 8. */
const OVERHEAD = 8;

interface Block {
  readonly payload: number;
  readonly number: number;
  readonly end: number;
  readonly content: Uint8Array;
  released: boolean;
}

/** The ring, and beside it a list of the blocks that are in use, oldest first. */
class Fixture {
  readonly bytes: number;
  readonly ring: ByteRing;
  blocks: Block[] = [];
  readonly #writer: ValueWriter;
  readonly #reader: ValueReader;
  readonly #shapes: ShapeReader;
  readonly #words: Int32Array;
  #filler = 0;

  constructor(bytes: number) {
    const memory = new SharedArrayBuffer(START + bytes + 64);
    const region = new DataView(new SharedArrayBuffer(256));
    this.bytes = bytes;
    this.#words = new Int32Array(memory);
    this.ring = new ByteRing(this.#words, { start: START, bytes });
    this.#writer = new ValueWriter(memory, new ShapeWriter(region));
    this.#reader = new ValueReader(memory);
    this.#shapes = new ShapeReader(region);
  }

  /** Whether `size` bytes of payload fit in one piece, were the released blocks at the front gone. */
  fits(size: number): boolean {
    const used = this.blocks.slice(this.blocks.findIndex((block) => !block.released));
    const oldest = used.find((block) => !block.released);
    if (oldest === undefined) return HEADER + size <= this.bytes;
    const head = oldest.payload - HEADER;
    const tail = used.at(-1)!.end;
    const end = START + this.bytes;
    if (tail <= head) return tail + HEADER + size <= head;
    if (tail < end && tail + HEADER + size <= end) return true;
    return START + HEADER + size <= head;
  }

  write(length: number): boolean {
    const content = new Uint8Array(length).fill(++this.#filler & 0xff);
    const payload = this.ring.write(this.#writer, (start, limit) =>
      this.#writer.write(content.buffer, start, limit),
    );
    if (payload < 0) return false;
    const end = payload + ((length + OVERHEAD + 7) & ~7);
    assert.ok(payload >= START + HEADER && payload + length + OVERHEAD <= START + this.bytes);
    this.blocks = this.blocks.slice(this.blocks.findIndex((block) => !block.released));
    if (this.blocks.every((block) => block.released)) this.blocks = [];
    for (const other of this.blocks) {
      assert.ok(end <= other.payload - HEADER || payload - HEADER >= other.end, 'blocks overlap');
    }
    this.blocks.push({ payload, number: this.ring.lastBlock, end, content, released: false });
    return true;
  }

  release(index: number): void {
    const inUse = this.blocks.filter((block) => !block.released);
    const block = inUse[index % inUse.length];
    if (block === undefined) return;
    assert.deepEqual(
      new Uint8Array(this.#reader.read(block.payload, this.#shapes) as ArrayBuffer),
      block.content,
    );
    if (this.#filler % 2 === 0) this.ring.release(block.payload, block.number);
    else releaseBlock(this.#words, block.payload);
    block.released = true;
  }

  releaseAll(): void {
    while (this.blocks.some((block) => !block.released)) this.release(0);
  }
}

test('the release of a block that was taken back already does not touch the one in its place', () => {
  const fixture = new Fixture(64);
  assert.equal(fixture.write(40), true);
  const [first] = fixture.blocks;
  fixture.releaseAll();
  assert.equal(fixture.write(40), true);
  assert.equal(fixture.blocks[0]!.payload, first!.payload);
  fixture.ring.release(first!.payload, first!.number);
  assert.equal(fixture.ring.isEmpty(), false);
  assert.equal(fixture.write(40), false);
  fixture.releaseAll();
});

const step = fc.oneof(
  fc.record({ write: fc.integer({ min: 0, max: 300 }) }),
  fc.record({ write: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ release: fc.nat(20) }),
  fc.record({ release: fc.constant(0) }),
);

test('blocks keep their content, and are written whenever there is room in one piece', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 128 }),
      fc.array(step, { maxLength: 200 }),
      (eighths, steps) => {
        const fixture = new Fixture(8 * eighths);
        let failed = false;
        for (const each of steps) {
          if ('release' in each) fixture.release(each.release);
          else {
            // A write that fails may leave the rest at the end unused: from then on less may fit.
            if (fixture.blocks.every((block) => block.released)) failed = false;
            const fits = fixture.fits(each.write + OVERHEAD);
            const written = fixture.write(each.write);
            if (failed) assert.ok(fits || !written);
            else assert.equal(written, fits);
            failed ||= !written;
          }
        }
        fixture.releaseAll();
        assert.equal(fixture.ring.isEmpty(), true);
        assert.equal(fixture.write(fixture.bytes - HEADER - OVERHEAD), true);
      },
    ),
    { numRuns: 1500 },
  );
});

test('a ring that is released in the order of writing never fills up', () => {
  const fixture = new Fixture(1024);
  for (let i = 0; i < 5000; i++) {
    assert.equal(fixture.write((i * 37) % 300), true);
    if (i % 2 === 1) fixture.releaseAll();
  }
});

test('what does not fit does no harm to what is there', () => {
  const fixture = new Fixture(512);
  assert.equal(fixture.write(200), true);
  assert.equal(fixture.write(400), false);
  assert.equal(fixture.write(1000), false);
  assert.equal(fixture.write(200), true);
  assert.equal(fixture.ring.isEmpty(), false);
  fixture.releaseAll();
  assert.equal(fixture.ring.isEmpty(), true);
});

test('a write that throws leaves the ring as it was', () => {
  const fixture = new Fixture(512);
  const memory = new SharedArrayBuffer(8);
  const writer = new ValueWriter(memory, new ShapeWriter(new DataView(new SharedArrayBuffer(64))));
  assert.throws(() =>
    fixture.ring.write(writer, () => {
      throw new RangeError('getter');
    }),
  );
  assert.equal(fixture.ring.isEmpty(), true);
  assert.equal(fixture.write(512 - HEADER - OVERHEAD), true);
});
