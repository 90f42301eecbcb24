/** A worker's view of the shared memory: taking arguments out of slots, and putting outcomes in. */
import { ShapeReader, SHAPE_REGION_BYTES, ShapeWriter } from '../codec/shapes.ts';
import { ValueReader } from '../codec/value-reader.ts';
import { UNSUPPORTED, ValueWriter, WRITTEN } from '../codec/value-writer.ts';
import { TrueDataView, TrueError } from '../util/primordials.ts';
import { ByteRing, readBytes, releaseBlock } from './byte-ring.ts';
import {
  CAPTURED,
  CHUNK,
  FAILED_OUTCOME,
  type Layout,
  payloadEnd,
  payloadStart,
  Location,
  SlotWord,
} from './layout.ts';

export class WorkerMemory {
  readonly #memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #layout: Layout;
  readonly #parentShapes: ShapeReader;
  readonly #reader: ValueReader;
  readonly #writer: ValueWriter;
  readonly #results: ByteRing;

  constructor(memory: SharedArrayBuffer, words: Int32Array, layout: Layout, index: number) {
    this.#memory = memory;
    this.#words = words;
    this.#layout = layout;
    this.#parentShapes = new ShapeReader(
      new TrueDataView(memory, layout.shapes(-1), SHAPE_REGION_BYTES),
    );
    const ownShapes = new ShapeWriter(
      new TrueDataView(memory, layout.shapes(index), SHAPE_REGION_BYTES),
    );
    this.#reader = new ValueReader(memory);
    this.#writer = new ValueWriter(memory, ownShapes);
    this.#results = new ByteRing(words, layout.resultRing(index));
  }

  functionOf(slot: number): number {
    return this.#word(slot, SlotWord.Function) & ~(CHUNK | CAPTURED);
  }

  isCaptured(slot: number): boolean {
    return (this.#word(slot, SlotWord.Function) & CAPTURED) !== 0;
  }

  isChunk(slot: number): boolean {
    return (this.#word(slot, SlotWord.Function) & CHUNK) !== 0;
  }

  /** The location of the arguments, a `Location`. */
  argumentsLocation(slot: number): number {
    return this.#word(slot, SlotWord.ArgumentsLocation);
  }

  /** The bytes of `Location.Clone`, copied because their memory is used again. */
  takeClonedArguments(slot: number): Uint8Array {
    const payload = this.#word(slot, SlotWord.ArgsOffset);
    try {
      return readBytes(this.#memory, payload);
    } finally {
      releaseBlock(this.#words, payload);
    }
  }

  /** The arguments, if they lie in shared memory. */
  takeArguments(slot: number): unknown[] {
    switch (this.#word(slot, SlotWord.ArgumentsLocation)) {
      case Location.None:
        return [];
      case Location.Slot:
        return this.#reader.readAll(payloadStart(this.#layout.slotWords(slot)), this.#parentShapes);
      case Location.Ring: {
        const payload = this.#word(slot, SlotWord.ArgsOffset);
        try {
          return this.#reader.readAll(payload, this.#parentShapes);
        } finally {
          releaseBlock(this.#words, payload);
        }
      }
      default:
        throw new TrueError('The location where they are is unknown.');
    }
  }

  /** Writes an outcome into the slot; false if it must be sent as a message. May throw an error of a getter. */
  putOutcome(slot: number, value: unknown, failed: boolean): boolean {
    const kind = failed ? FAILED_OUTCOME : 0;
    if (value === undefined && !failed) {
      this.#setOutcome(slot, Location.None, 0);
      return true;
    }
    const words = this.#layout.slotWords(slot);
    const writer = this.#writer;
    const status = writer.write(value, payloadStart(words), payloadEnd(words));
    if (status === WRITTEN) {
      this.#setOutcome(slot, Location.Slot | kind, 0);
      return true;
    }
    if (status === UNSUPPORTED) return false;
    const payload = this.#results.write(writer, (start, limit) =>
      writer.write(value, start, limit),
    );
    if (payload < 0) return false;
    this.#setOutcome(slot, Location.Ring | kind, payload);
    return true;
  }

  outcomeIsMessage(slot: number, failed: boolean): void {
    this.#setOutcome(slot, Location.Message | (failed ? FAILED_OUTCOME : 0), 0);
  }

  #setOutcome(slot: number, location: number, offset: number): void {
    const words = this.#layout.slotWords(slot);
    this.#words[words + SlotWord.OutcomeLocation] = location;
    this.#words[words + SlotWord.OutcomeOffset] = offset;
  }

  #word(slot: number, word: number): number {
    return this.#words[this.#layout.slotWords(slot) + word] as number;
  }
}
