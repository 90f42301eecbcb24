/** The parent's view of the shared memory: putting arguments into slots, and taking outcomes out. */
import { SHAPE_REGION_BYTES, ShapeWriter } from '../codec/shapes.ts';
import { ValueReader } from '../codec/value-reader.ts';
import { UNSUPPORTED, ValueWriter, WRITTEN } from '../codec/value-writer.ts';
import { ByteRing, releaseBlock } from './byte-ring.ts';
import type { Lane } from './lane.ts';
import {
  CAPTURED,
  CHUNK,
  FAILED_OUTCOME,
  type Layout,
  payloadEnd,
  payloadStart,
  Place,
  SlotWord,
} from './layout.ts';

export class ParentMemory {
  readonly #words: Int32Array;
  readonly #layout: Layout;
  readonly #reader: ValueReader;
  readonly #writer: ValueWriter;
  readonly #arguments: ByteRing;

  constructor(memory: SharedArrayBuffer, words: Int32Array, layout: Layout) {
    this.#words = words;
    this.#layout = layout;
    this.#reader = new ValueReader(memory);
    this.#writer = new ValueWriter(
      memory,
      new ShapeWriter(new DataView(memory, layout.shapes(-1), SHAPE_REGION_BYTES)),
    );
    this.#arguments = new ByteRing(words, layout.argumentRing);
  }

  /**
   * Writes a call down. May throw what a getter throws.
   *
   * @returns where the arguments are, `Place.Message` if only a message can carry them; undefined if
   *   they have to wait for room.
   */
  putCall(slot: number, fn: number, args: unknown[], asMessage: boolean): number | undefined {
    const at = this.#layout.slotWords(slot);
    const place = asMessage ? Place.Message : this.#putArguments(at, args);
    if (place === undefined) return undefined;
    this.#words[at + SlotWord.Function] = fn;
    this.#words[at + SlotWord.ArgsPlace] = place;
    return place;
  }

  #putArguments(at: number, args: unknown[]): number | undefined {
    if (args.length === 0) return Place.None;
    const writer = this.#writer;
    const status = writer.writeAll(args, payloadStart(at), payloadEnd(at));
    if (status === WRITTEN) return Place.Slot;
    if (status === UNSUPPORTED) return Place.Message;
    const payload = this.#arguments.write(writer, (start, limit) =>
      writer.writeAll(args, start, limit),
    );
    if (payload >= 0) {
      this.#words[at + SlotWord.ArgsOffset] = payload;
      this.#words[at + SlotWord.ArgsBlock] = this.#arguments.lastBlock;
      return Place.Ring;
    }
    // With the whole ring free and still no room, there never will be.
    return writer.status === UNSUPPORTED || this.#arguments.isEmpty() ? Place.Message : undefined;
  }

  /** For a call whose worker will not read its arguments, or may have died while it did. */
  dropArguments(slot: number): void {
    const at = this.#layout.slotWords(slot);
    if (this.#words[at + SlotWord.ArgsPlace] !== Place.Ring) return;
    const block = this.#words[at + SlotWord.ArgsBlock] as number;
    this.#arguments.release(this.#words[at + SlotWord.ArgsOffset] as number, block);
  }

  isChunk(slot: number): boolean {
    return (this.#functionWord(slot) & CHUNK) !== 0;
  }

  isCaptured(slot: number): boolean {
    return (this.#functionWord(slot) & CAPTURED) !== 0;
  }

  #functionWord(slot: number): number {
    return this.#words[this.#layout.slotWords(slot) + SlotWord.Function] as number;
  }

  hasFailed(slot: number): boolean {
    return (this.#outcomePlace(slot) & FAILED_OUTCOME) !== 0;
  }

  /** Whether the outcome is a message that is yet to come; `then` is called when it has. */
  isLate(slot: number, lane: Lane, then: (lane: Lane, slot: number) => void): boolean {
    const place = this.#outcomePlace(slot) & ~FAILED_OUTCOME;
    return place === Place.Message && lane.isLate(slot, then);
  }

  /** @throws whatever keeps the outcome from being rebuilt. */
  takeOutcome(slot: number, lane: Lane): unknown {
    const at = this.#layout.slotWords(slot);
    switch (this.#outcomePlace(slot) & ~FAILED_OUTCOME) {
      case Place.None:
        return undefined;
      case Place.Slot:
        return this.#reader.read(payloadStart(at), lane.shapes);
      case Place.Ring: {
        const payload = this.#words[at + SlotWord.OutcomeOffset] as number;
        try {
          return this.#reader.read(payload, lane.shapes);
        } finally {
          releaseBlock(this.#words, payload);
        }
      }
      default:
        return lane.takeOutcome(slot);
    }
  }

  #outcomePlace(slot: number): number {
    return this.#words[this.#layout.slotWords(slot) + SlotWord.OutcomePlace] as number;
  }
}
