/** The parent's view of the shared memory: putting arguments into slots, and taking outcomes out. */
import { SHAPE_REGION_BYTES, ShapeWriter } from '../codec/shapes.ts';
import { ValueReader } from '../codec/value-reader.ts';
import { UNSUPPORTED, ValueWriter, WRITTEN } from '../codec/value-writer.ts';
import { ByteRing, releaseBlock } from './byte-ring.ts';
import type { ThreadMember } from './thread-member.ts';
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

/** The result of writing arguments to shared memory. */
export const Put = {
  Written: 0,
  /** There will be room when other calls have begun. */
  NoRoom: 1,
  /** There will never be room. */
  TooLarge: 2,
  /** The format cannot express them. */
  Unsupported: 3,
} as const;
export type Put = (typeof Put)[keyof typeof Put];

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
   * Writes a call, if the format in `codec/tags.ts` can express its arguments and there is room. May throw an error of
   * a getter.
   */
  putCall(slot: number, fn: number, args: unknown[]): Put {
    const at = this.#layout.slotWords(slot);
    this.putFunction(slot, fn);
    if (args.length === 0) return this.#put(at, Location.None);
    const writer = this.#writer;
    const status = writer.writeAll(args, payloadStart(at), payloadEnd(at));
    if (status === WRITTEN) return this.#put(at, Location.Slot);
    if (status === UNSUPPORTED) return Put.Unsupported;
    const payload = this.#arguments.write(writer, (start, limit) =>
      writer.writeAll(args, start, limit),
    );
    if (payload >= 0) return this.#putBlock(at, Location.Ring, payload);
    if (writer.status === UNSUPPORTED) return Put.Unsupported;
    return this.#noRoom();
  }

  /** Writes a call whose arguments travel in another way. */
  putFunction(slot: number, fn: number): typeof Put.Unsupported {
    this.#words[this.#layout.slotWords(slot) + SlotWord.Function] = fn;
    return Put.Unsupported;
  }

  /** Writes the arguments of a call as a clone, if there is room. */
  putClone(slot: number, clone: Uint8Array): Put {
    const payload = this.#arguments.writeBytes(clone);
    if (payload < 0) return this.#noRoom();
    return this.#putBlock(this.#layout.slotWords(slot), Location.Clone, payload);
  }

  /** The arguments travel as a message, or are kept until the worker asks for them. */
  putLocation(slot: number, location: typeof Location.Message | typeof Location.Kept): void {
    this.#put(this.#layout.slotWords(slot), location);
  }

  #put(at: number, location: number): Put {
    this.#words[at + SlotWord.ArgumentsLocation] = location;
    return Put.Written;
  }

  #putBlock(at: number, location: number, payload: number): Put {
    this.#words[at + SlotWord.ArgsOffset] = payload;
    this.#words[at + SlotWord.ArgsBlock] = this.#arguments.lastBlock;
    return this.#put(at, location);
  }

  /** If the whole ring is free and the block still has no room, it never will. */
  #noRoom(): Put {
    return this.#arguments.isEmpty() ? Put.TooLarge : Put.NoRoom;
  }

  /** For a call whose worker will not read its arguments, or may have died while reading. */
  dropArguments(slot: number): void {
    const at = this.#layout.slotWords(slot);
    const location = this.#words[at + SlotWord.ArgumentsLocation];
    if (location !== Location.Ring && location !== Location.Clone) return;
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
    return (this.#outcomeLocation(slot) & FAILED_OUTCOME) !== 0;
  }

  /** True if the outcome is a message that has not arrived; `then` is called when it has. */
  isLate(slot: number, entry: number, member: ThreadMember, then: () => void): boolean {
    const location = this.#outcomeLocation(slot) & ~FAILED_OUTCOME;
    return location === Location.Message && member.isLate(entry, then);
  }

  /** @throws the error that prevents rebuilding the outcome. */
  takeOutcome(slot: number, entry: number, member: ThreadMember): unknown {
    const at = this.#layout.slotWords(slot);
    switch (this.#outcomeLocation(slot) & ~FAILED_OUTCOME) {
      case Location.None:
        return undefined;
      case Location.Slot:
        return this.#reader.read(payloadStart(at), member.shapes);
      case Location.Ring: {
        const payload = this.#words[at + SlotWord.OutcomeOffset] as number;
        try {
          return this.#reader.read(payload, member.shapes);
        } finally {
          releaseBlock(this.#words, payload);
        }
      }
      default:
        return member.takeOutcome(entry);
    }
  }

  #outcomeLocation(slot: number): number {
    return this.#words[this.#layout.slotWords(slot) + SlotWord.OutcomeLocation] as number;
  }
}
