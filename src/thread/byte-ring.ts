/**
 * Blocks of any size in a ring of shared bytes, for payloads that are too large for a slot.
 *
 * One thread writes: it reserves the free memory in one piece, encodes straight into it, and commits the part that it
 * has used. The reader marks a block as released when it has read it; the writer reclaims released blocks from the
 * front when it needs room. Blocks are read nearly in the order in which they were written, so reclaiming from the
 * middle would gain nothing.
 *
 *     block:  u32 size (all of it, a multiple of 8) | u32 released | payload
 */
import {
  atomicsLoad,
  atomicsStore,
  setBytes,
  TrueInt32Array,
  TrueUint8Array,
} from '../util/primordials.ts';
import { UNSUPPORTED, type ValueWriter, type WriteStatus, WRITTEN } from '../codec/value-writer.ts';

const HEADER = 8;
/** In front of the bytes of {@link ByteRing.writeBytes}: their number. */
const LENGTH = 8;

export class ByteRing {
  readonly #words: Int32Array;
  readonly #start: number;
  readonly #end: number;
  /** The start of the oldest block in use, and the start of the next block. */
  #head: number;
  #tail: number;
  #used = 0;
  /** Blocks are numbered (mod 2^32): the oldest in use, and the next. */
  #oldest = 0;
  #next = 0;

  constructor(words: Int32Array, { start, bytes }: { start: number; bytes: number }) {
    this.#words = words;
    this.#start = start;
    this.#end = start + bytes;
    this.#head = start;
    this.#tail = start;
  }

  /**
   * Lets `write` write a payload between two byte offsets, and keeps it.
   *
   * @returns the payload's offset; -1 if it can't be written at all (see `writer.status`), or not before blocks have
   * been released.
   */
  write(writer: ValueWriter, write: (start: number, limit: number) => WriteStatus): number {
    this.#reclaim();
    do {
      const start = this.#tail + HEADER;
      if (start < this.#limit() && write(start, this.#limit()) === WRITTEN) {
        this.#commit(writer.at);
        return start;
      }
      if (writer.status === UNSUPPORTED) return -1;
    } while (this.#wrap());
    return -1;
  }

  /**
   * Puts `bytes` into a block of their own, for {@link readBytes}.
   * @returns the payload's offset, or -1 if there is no room now.
   */
  writeBytes(bytes: Uint8Array): number {
    this.#reclaim();
    const size = LENGTH + bytes.byteLength;
    do {
      const start = this.#tail + HEADER;
      if (start + size <= this.#limit()) {
        this.#words[start / 4] = bytes.byteLength;
        setBytes(new TrueUint8Array(this.#words.buffer, start + LENGTH, bytes.byteLength), bytes);
        this.#commit(start + size);
        return start;
      }
    } while (this.#wrap());
    return -1;
  }

  /** True if all of the memory is free: a block that can't be written now never can. */
  isEmpty(): boolean {
    this.#reclaim();
    return this.#used === 0;
  }

  /** The number of the block written last. */
  get lastBlock(): number {
    return (this.#next - 1) | 0;
  }

  /**
   * The writer itself releases a block that its reader will not, or may not have. Nothing happens if it
   * was taken back already: its memory may be part of another block by now.
   */
  release(payload: number, block: number): void {
    if (((block - this.#oldest) | 0) >= 0) releaseBlock(this.#words, payload);
  }

  /** The end of the free memory behind the tail, in one piece. */
  #limit(): number {
    return this.#used > 0 && this.#tail <= this.#head ? this.#head : this.#end;
  }

  /** Leaves the rest at the end unused and continues at the start; false if that would gain nothing. */
  #wrap(): boolean {
    if (this.#used === 0 || this.#tail <= this.#head || this.#head === this.#start) return false;
    const payload = this.#tail + HEADER;
    this.#append(this.#end - this.#tail);
    releaseBlock(this.#words, payload);
    return true;
  }

  #commit(end: number): void {
    this.#append((end - this.#tail + 7) & ~7);
  }

  #append(size: number): void {
    const header = this.#tail / 4;
    this.#words[header] = size;
    this.#words[header + 1] = 0;
    this.#next = (this.#next + 1) | 0;
    this.#used += size;
    this.#tail += size;
    if (this.#tail === this.#end) this.#tail = this.#start;
  }

  #reclaim(): void {
    while (this.#used > 0 && atomicsLoad(this.#words, this.#head / 4 + 1) === 1) {
      const size = this.#words[this.#head / 4] as number;
      this.#used -= size;
      this.#oldest = (this.#oldest + 1) | 0;
      this.#head += size;
      if (this.#head === this.#end) this.#head = this.#start;
    }
    if (this.#used === 0) {
      this.#head = this.#start;
      this.#tail = this.#start;
    }
  }
}

/** Marks a block of any ring as read. The reading thread needs no other access to a ring. */
export function releaseBlock(words: Int32Array, payload: number): void {
  atomicsStore(words, payload / 4 - 1, 1);
}

/** A copy of the bytes that {@link ByteRing.writeBytes} has written. */
export function readBytes(memory: SharedArrayBuffer, payload: number): Uint8Array {
  const length = new TrueInt32Array(memory, payload, 1)[0] as number;
  return new TrueUint8Array(new TrueUint8Array(memory, payload + LENGTH, length));
}
