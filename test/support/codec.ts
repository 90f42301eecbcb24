/** A writer and a reader over the same memory, like those of two threads. */
import { SHAPE_REGION_BYTES, ShapeReader, ShapeWriter } from '#dist/codec/shapes.js';
import { ValueReader } from '#dist/codec/value-reader.js';
import { ValueWriter, type WriteStatus } from '#dist/codec/value-writer.js';

const GUARD = 0xa5;

export class Codec {
  readonly memory: SharedArrayBuffer;
  readonly writer: ValueWriter;
  readonly reader: ValueReader;
  readonly shapes: ShapeReader;
  readonly #bytes: Uint8Array;

  constructor(bytes = 1 << 20, shapeBytes = SHAPE_REGION_BYTES) {
    this.memory = new SharedArrayBuffer(bytes);
    this.#bytes = new Uint8Array(this.memory);
    const region = new DataView(new SharedArrayBuffer(shapeBytes));
    this.writer = new ValueWriter(this.memory, new ShapeWriter(region));
    this.shapes = new ShapeReader(region);
    this.reader = new ValueReader(this.memory);
  }

  /** Writes at `start`, with a guard behind `limit`. */
  write(value: unknown, start = 64, limit: number = this.memory.byteLength - 8): WriteStatus {
    this.#bytes.fill(GUARD, limit, limit + 8);
    return this.writer.write(value, start, limit);
  }

  read(start = 64): unknown {
    return this.reader.read(start, this.shapes);
  }

  /** True if the writer has stayed within its limit. */
  guardHolds(limit: number): boolean {
    return this.#bytes.subarray(limit, limit + 8).every((byte) => byte === GUARD);
  }
}
