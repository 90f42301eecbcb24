/** Frames come out of a stream as they were put in, however it was cut; what is no frame is noticed. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { refuse } from '../fixtures/scarce-memory.ts';
import { FrameParser } from '#dist/process/frame-parser.js';
import type { Frame } from '#dist/protocol/frame.js';
import {
  HEADER,
  messageFrame,
  padded,
  putHeader,
  shapesFrame,
} from '#dist/process/frame-layout.js';
import { cloneFromBytes } from '#dist/codec/clone.js';

interface Made {
  readonly kind: number;
  readonly flags: number;
  readonly number: number;
  readonly extra: number;
  readonly content: Uint8Array;
  readonly attached: readonly Uint8Array[];
}

const u32 = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 32 - 1));

/** Mostly small, sometimes larger than a chunk of the system's; never worth shrinking byte by byte. */
function bytesUpTo(most: number): fc.Arbitrary<Uint8Array> {
  const size = fc.oneof(
    { weight: 4, arbitrary: fc.nat(40) },
    { weight: 2, arbitrary: fc.nat(3000) },
    { weight: 1, arbitrary: fc.nat(most) },
  );
  return fc
    .tuple(size, fc.nat(255))
    .map(([length, seed]) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) ^ (i >> 8)));
}

const frame: fc.Arbitrary<Made> = fc.record({
  kind: fc.integer({ min: 1, max: 4 }),
  flags: fc.nat(255),
  number: u32,
  extra: u32,
  content: bytesUpTo(100_000),
  attached: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(bytesUpTo(300_000), { maxLength: 4 }) },
  ),
});

function bytesOf({ kind, flags, number, extra, content, attached }: Made): Uint8Array {
  const head = new Uint8Array(HEADER + padded(content.length) + 8 * attached.length);
  head.set(content, HEADER);
  const view = new DataView(head.buffer);
  putHeader(view, 0, kind, flags, number, extra, content.length, attached);
  return Buffer.concat([head, ...attached]);
}

/** A copy of what is only good for the moment. */
function kept(each: Frame): Made {
  return {
    kind: each.kind,
    flags: each.flags,
    number: each.number,
    extra: each.extra,
    content: each.bytes.slice(each.start, each.end),
    attached: (each.attached ?? []).map((buffer) => new Uint8Array(buffer.slice(0))),
  };
}

/** Cuts into pieces whose sizes come from `sizes`, over and over. */
function* cut(stream: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    // As from a socket: a chunk may be a part of a larger piece of memory, and begin anywhere in it.
    const memory = new Uint8Array(size + 5);
    const piece = stream.subarray(at, at + size);
    memory.set(piece, i % 5);
    yield memory.subarray(i % 5, (i % 5) + piece.length);
    at += size;
  }
}

const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 70_000 })),
  { minLength: 1, maxLength: 8 },
);

function assertParsed(
  fleeting: boolean,
  frames: readonly Made[],
  cutting: readonly number[],
): void {
  const parsed: Made[] = [];
  const parser = new FrameParser((each) => parsed.push(kept(each)), fleeting);
  // Single bytes of megabytes would only take long.
  const stream = Buffer.concat(frames.map(bytesOf));
  const wide = stream.length > 50_000 ? cutting.map((size) => size + 300) : cutting;
  for (const chunk of cut(stream, wide)) assert.equal(parser.push(chunk), true);
  assert.equal(parsed.length, frames.length);
  for (const [i, each] of frames.entries()) {
    const { content, attached, ...rest } = parsed[i]!;
    const { kind, flags, number, extra } = each;
    assert.deepEqual(rest, { kind, flags, number, extra });
    assert.equal(Buffer.compare(content, each.content), 0, 'the content is the same');
    assert.equal(attached.length, each.attached.length);
    for (const [k, buffer] of each.attached.entries())
      assert.equal(Buffer.compare(attached[k]!, buffer), 0, 'an attached buffer is the same');
  }
}

for (const fleeting of [true, false]) {
  test(`frames are the same, however their stream was cut (fleeting: ${fleeting})`, () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), sizes, (frames, cutting) =>
        assertParsed(fleeting, frames, cutting),
      ),
      { numRuns: 150 },
    );
  });
}

test('frames that are kept stay what they are while further ones arrive', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 2, maxLength: 5 }), sizes, (frames, cutting) => {
      const seen: Frame[] = [];
      const parser = new FrameParser((each) => seen.push(each), false);
      const stream = Buffer.concat(frames.map(bytesOf));
      for (const chunk of cut(
        stream,
        cutting.map((size) => size + 300),
      ))
        parser.push(chunk);
      assert.deepEqual(
        seen.map((each) => Buffer.from(kept(each).content).toString('base64')),
        frames.map((each) => Buffer.from(each.content).toString('base64')),
      );
    }),
    { numRuns: 50 },
  );
});

test('a buffer for which there is no memory leaves its frame without buffers; the stream goes on', () => {
  const content = new Uint8Array(8);
  const made = { kind: 1, flags: 0, number: 1, extra: 0, content };
  const stream = [
    bytesOf({ ...made, attached: [new Uint8Array(50_000), new Uint8Array(9)] }),
    bytesOf({ ...made, number: 2, attached: [new Uint8Array(9)] }),
  ];
  refuse(50_000);
  const seen: [number, number | undefined][] = [];
  const parser = new FrameParser((each) => seen.push([each.number, each.attached?.length]), true);
  for (const piece of stream)
    for (const chunk of cut(piece, [777])) assert.equal(parser.push(chunk), true);
  assert.deepEqual(seen, [
    [1, undefined],
    [2, 1],
  ]);
});

suite('what is no frame', () => {
  const garbage = fc.oneof(
    fc.uint8Array({ minLength: HEADER, maxLength: 400 }),
    fc.constant(new Uint8Array(64)),
    fc.constant(new Uint8Array(64).fill(255)),
    fc.constant(Buffer.from('a line of text that somebody has printed to the wrong place\n')),
  );

  test('is noticed between any two frames, and nothing of it is taken for one', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 3 }),
        garbage,
        fc.array(frame, { maxLength: 2 }),
        sizes,
        (before, mess, behind, cutting) => {
          let count = 0;
          const parser = new FrameParser(() => count++, true);
          const stream = Buffer.concat([...before.map(bytesOf), mess, ...behind.map(bytesOf)]);
          const wide = cutting.map((size) => size + 20);
          const chunks = [...cut(stream, wide)];
          const noticed = chunks.findIndex((chunk) => !parser.push(chunk));
          assert.notEqual(noticed, -1, 'it is noticed');
          for (const chunk of chunks.slice(noticed + 1)) assert.equal(parser.push(chunk), false);
          assert.equal(count, before.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  const good = {
    kind: 2,
    flags: 0,
    number: 1,
    extra: 0,
    content: new Uint8Array(4),
    attached: [],
  };

  test('makes everything behind it worthless, be it a frame', () => {
    for (const length of [HEADER, HEADER + 1, 1024]) {
      const parser = new FrameParser(() => assert.fail('it is no frame to be believed'), true);
      assert.equal(parser.push(new Uint8Array(length)), false);
      assert.equal(parser.push(bytesOf(good)), false);
    }
  });

  test('is noticed by the time a header has arrived behind a few bytes of it', () => {
    for (let length = 1; length < HEADER; length++) {
      const parser = new FrameParser(() => assert.fail('it is no frame'), true);
      assert.equal(parser.push(new Uint8Array(length).fill(65)), true);
      assert.equal(parser.push(bytesOf(good)), false);
    }
  });

  test('is told from a frame by any single bit of the header', () => {
    const whole = bytesOf({
      kind: 2,
      flags: 1,
      number: 77,
      extra: 2,
      content: new Uint8Array(16),
      attached: [],
    });
    for (let bit = 0; bit < HEADER * 8; bit++) {
      const bent = whole.slice();
      bent[bit >> 3]! ^= 1 << (bit & 7);
      const parser = new FrameParser(() => assert.fail(`bit ${bit} makes no difference`), true);
      assert.equal(parser.push(bent), false);
    }
  });
});

test('messages and shapes have frames of their own', () => {
  const seen: Made[] = [];
  const parser = new FrameParser((each) => seen.push(kept(each)), true);
  for (const piece of messageFrame({ kind: 'answer', yes: true })) parser.push(piece);
  const region = Uint8Array.from({ length: 100 }, (_, i) => i);
  parser.push(shapesFrame(region, 10, 31));
  const [message, shapes] = seen;
  assert.deepEqual(cloneFromBytes(message!.attached[0]!), { kind: 'answer', yes: true });
  assert.equal(shapes!.number, 10);
  assert.deepEqual(shapes!.content, region.slice(10, 31));
});
