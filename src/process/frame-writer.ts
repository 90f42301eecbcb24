/**
 * Writes calls and outcomes as frames, one behind the other into pages of memory. They go from there to the channel
 * without another copy: many small ones in one write.
 *
 * A page is never overwritten. A call that was sent may be sent once more, to another worker, if the first gives it
 * back; so a page lives as long as one of its frames is in use.
 */
import { cloneToBytes } from '../codec/clone.ts';
import type { ShapeWriter } from '../codec/shapes.ts';
import { NO_ROOM, ValueWriter, type WriteStatus, WRITTEN } from '../codec/value-writer.ts';
import { map, SafeDataView, TrueArrayBuffer, TrueUint8Array } from '../util/primordials.ts';
import { SpareBuffer } from './spare-buffer.ts';
import { Flag, HEADER, padded, putHeader } from './frame-layout.ts';

const PAGE = 64 * 1024;

/** A frame in its page. The return value of `put` is valid until the next `put`. */
export interface WrittenFrame {
  readonly page: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** The buffers that follow it on the channel. */
  readonly attached: readonly Uint8Array[];
}

const nothing: readonly Uint8Array[] = [];

export class FrameWriter implements WrittenFrame {
  // The frame that was written last.
  page: Uint8Array;
  start = 0;
  end = 0;
  attached: readonly Uint8Array[] = nothing;

  readonly #writer: ValueWriter;
  #bytes: Uint8Array;
  #view: SafeDataView;
  #at = 0;
  readonly #spare = new SpareBuffer();
  /** A getter of a value that is being written may lead back here. */
  #busy = false;

  constructor(shapes: ShapeWriter) {
    const memory = new TrueArrayBuffer(PAGE);
    this.#bytes = new TrueUint8Array(memory);
    this.page = this.#bytes;
    this.#view = new SafeDataView(memory);
    this.#writer = new ValueWriter(memory, shapes);
    this.#writer.attached = [];
  }

  /**
   * Writes a frame with an argument list (`isList`) or a value. May throw an error of a getter.
   *
   * @param owned - true if the buffers in it belong to the library, so that they need not be copied.
   * @throws DataCloneError if the value can't leave the process.
   */
  put(
    kind: number,
    flags: number,
    number: number,
    extra: number,
    content: unknown,
    isList: boolean,
    owned: boolean,
  ): WrittenFrame {
    if (this.#busy) return clonedFrame(kind, flags, number, extra, content);
    this.#busy = true;
    try {
      for (;;) {
        const start = this.#at;
        const status = this.#write(content, isList, start + HEADER);
        const attached = this.#takeAttached();
        if (status === WRITTEN) {
          const used = this.#writer.at - start - HEADER;
          if (start + HEADER + padded(used) + 8 * attached.length <= PAGE) {
            const buffers = this.#buffersOf(attached, owned);
            this.#at = putHeader(this.#view, start, kind, flags, number, extra, used, buffers);
            this.page = this.#bytes;
            this.start = start;
            this.end = this.#at;
            this.attached = buffers;
            return this;
          }
        } else if (status !== NO_ROOM) return clonedFrame(kind, flags, number, extra, content);
        if (start === 0) return clonedFrame(kind, flags, number, extra, content);
        this.#turnPage();
      }
    } finally {
      this.#takeAttached();
      this.#busy = false;
    }
  }

  #write(content: unknown, isList: boolean, start: number): WriteStatus {
    if (start > PAGE) return NO_ROOM;
    return isList
      ? this.#writer.writeAll(content as unknown[], start, PAGE)
      : this.#writer.write(content, start, PAGE);
  }

  #takeAttached(): readonly ArrayBuffer[] {
    const attached = this.#writer.attached ?? [];
    if (attached.length > 0) this.#writer.attached = [];
    return attached;
  }

  /** The buffers of a frame that has arrived are not used any more. */
  recycle(attached: readonly Uint8Array[]): void {
    if (attached.length > 0) this.#spare.recycle(attached);
  }

  #buffersOf(buffers: readonly ArrayBuffer[], owned: boolean): readonly Uint8Array[] {
    if (buffers.length === 0) return nothing;
    const all = map(buffers, (buffer) => new TrueUint8Array(buffer));
    return owned ? all : map(all, (each) => this.#spare.copy(each));
  }

  #turnPage(): void {
    const memory = new TrueArrayBuffer(PAGE);
    this.#bytes = new TrueUint8Array(memory);
    this.#view = new SafeDataView(memory);
    this.#writer.over(memory);
    this.#at = 0;
  }
}

/** A frame outside any page. */
function clonedFrame(
  kind: number,
  flags: number,
  number: number,
  extra: number,
  content: unknown,
): WrittenFrame {
  const attached = [cloneToBytes(content)];
  const page = new TrueUint8Array(HEADER + 8);
  const view = new SafeDataView(page.buffer);
  const end = putHeader(view, 0, kind, flags | Flag.Cloned, number, extra, 0, attached);
  return { page, start: 0, end, attached };
}
