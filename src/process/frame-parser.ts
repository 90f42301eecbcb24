/**
 * Cuts a stream of bytes into frames, for any division into chunks.
 *
 * A frame that lies in one chunk is passed on without a copy. The bytes of other frames, and of attached buffers, are
 * collected in memory of their own: a buffer of 1 GiB arrives in 16,384 pieces, each copied once, to its destination.
 */
import type { Frame } from '../protocol/frame.ts';
import {
  allocUnsafeSlow,
  min,
  SafeDataView,
  setBytes,
  subarray,
  TrueUint8Array,
} from '../util/primordials.ts';
import { HEADER, isHeader, padded } from './frame-layout.ts';
import { ParserMachine, ParserState } from './parser-state.ts';

const none: readonly ArrayBuffer[] = [];

const nowhere = new TrueUint8Array(0);

class FrameView implements Frame {
  kind = 0;
  flags = 0;
  number = 0;
  extra = 0;
  bytes: Uint8Array = nowhere;
  start = 0;
  end = 0;
  attached: readonly ArrayBuffer[] | undefined = undefined;

  at(
    bytes: Uint8Array,
    view: SafeDataView,
    at: number,
    attached: readonly ArrayBuffer[] | undefined,
  ): this {
    this.kind = view.getUint8(at + 4);
    this.flags = view.getUint8(at + 5);
    this.number = view.getUint32(at + 8, true);
    this.extra = view.getUint32(at + 12, true);
    this.bytes = bytes;
    this.start = at + HEADER;
    this.end = this.start + view.getUint32(at + 16, true);
    this.attached = attached;
    return this;
  }
}

/** The unfinished part: a header, a body, or the buffers of a body. */
interface Collection {
  readonly into: Uint8Array | undefined;
  readonly length: number;
  filled: number;
}

export class FrameParser {
  readonly #onFrame: (frame: Frame) => void;
  /** The one view that is passed on for each frame. */
  readonly #frame: FrameView | undefined;
  readonly #state = new ParserMachine();
  /** The head of the frame that is being collected: header, then header and body. */
  #head: Uint8Array = nowhere;
  #headFilled = 0;
  #attachments: Collection[] = [];
  #current = 0;

  /** @param fleeting - true if a frame is not used after `onFrame` returns. */
  constructor(onFrame: (frame: Frame) => void, fleeting: boolean) {
    this.#onFrame = onFrame;
    this.#frame = fleeting ? new FrameView() : undefined;
  }

  /** @returns false if foreign bytes came, now or before: the stream can't be read from there on. */
  push(chunk: Uint8Array): boolean {
    let at = 0;
    const view = new SafeDataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (at < chunk.byteLength) {
      if (this.#state.is(ParserState.Between)) {
        const left = chunk.byteLength - at;
        if (left >= HEADER) {
          if (!isHeader(view, at)) {
            this.#state.lose();
            return false;
          }
          const whole = HEADER + view.getUint32(at, true);
          if (whole <= left && view.getUint16(at + 6, true) === 0) {
            this.#onFrame((this.#frame ?? new FrameView()).at(chunk, view, at, none));
            at += whole;
            continue;
          }
          this.#head = new TrueUint8Array(whole);
        } else this.#head = new TrueUint8Array(HEADER);
        this.#headFilled = 0;
        this.#state.begin();
      }
      if (this.#state.is(ParserState.Head)) at = this.#collectHead(chunk, at);
      if (this.#state.is(ParserState.Lost)) return false;
      if (this.#state.is(ParserState.Attached)) at = this.#collectAttached(chunk, at);
    }
    return true;
  }

  #collectHead(chunk: Uint8Array, at: number): number {
    const head = this.#head;
    const take = min(head.byteLength - this.#headFilled, chunk.byteLength - at);
    setBytes(head, subarray(chunk, at, at + take), this.#headFilled);
    this.#headFilled += take;
    if (this.#headFilled < head.byteLength) return at + take;
    const view = new SafeDataView(head.buffer);
    if (!isHeader(view, 0)) {
      this.#state.lose();
      return at;
    }
    const whole = HEADER + view.getUint32(0, true);
    if (whole > head.byteLength) {
      this.#head = new TrueUint8Array(whole);
      setBytes(this.#head, head);
    } else this.#beginAttached(view);
    return at + take;
  }

  #beginAttached(view: SafeDataView): void {
    this.#state.attach();
    this.#attachments = [];
    this.#current = 0;
    const count = view.getUint16(6, true);
    const table = HEADER + padded(view.getUint32(16, true));
    for (let i = 0; i < count; i++) {
      const length = view.getFloat64(table + 8 * i, true);
      this.#attachments[i] = { into: memoryFor(length), length, filled: 0 };
    }
  }

  #collectAttached(chunk: Uint8Array, at: number): number {
    let next = at;
    for (; this.#current < this.#attachments.length; this.#current++) {
      const attachment = this.#attachments[this.#current] as Collection;
      const take = min(attachment.length - attachment.filled, chunk.byteLength - next);
      if (attachment.into !== undefined)
        setBytes(attachment.into, subarray(chunk, next, next + take), attachment.filled);
      attachment.filled += take;
      next += take;
      if (attachment.filled < attachment.length) return next;
    }
    this.#handOut();
    return next;
  }

  #handOut(): void {
    const head = this.#head;
    const attached: ArrayBuffer[] = [];
    for (let i = 0; i < this.#attachments.length; i++) {
      const into = this.#attachments[i]?.into;
      if (into !== undefined) attached[attached.length] = into.buffer as ArrayBuffer;
    }
    const complete = attached.length === this.#attachments.length ? attached : undefined;
    this.#state.finish();
    this.#head = nowhere;
    this.#attachments = [];
    this.#onFrame(new FrameView().at(head, new SafeDataView(head.buffer), 0, complete));
  }
}

/** Not zeroed first, because every byte will be written. Undefined if there is not enough memory. */
function memoryFor(length: number): Uint8Array | undefined {
  try {
    return new TrueUint8Array(allocUnsafeSlow(length).buffer);
  } catch {
    return undefined;
  }
}
