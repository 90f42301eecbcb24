/**
 * Memory for copies of large buffers, for repeated use.
 *
 * Fresh memory is provided page by page as it is touched, zeroed first, which takes as long as the copy itself. The
 * memory of a buffer is free again when the buffer has arrived. The last such piece is kept for a moment, because large
 * buffers mostly come in series.
 */

import {
  allocUnsafeSlow,
  setBytes,
  setTimeout,
  subarray,
  TrueUint8Array,
} from '../util/primordials.ts';

/** The system provides smaller ones at no cost. */
const LEAST = 256 * 1024;
const MOST = 64 * 1024 * 1024;
/** Milliseconds for which a piece is kept unused. */
const KEPT = 500;

export class SpareBuffer {
  #spare: Uint8Array | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  copy(source: Uint8Array): Uint8Array {
    const { byteLength } = source;
    const spare = this.#spare;
    // Not one that is much too large: the caller may keep it for long.
    if (
      spare !== undefined &&
      spare.byteLength >= byteLength &&
      spare.byteLength <= 2 * byteLength
    ) {
      this.#spare = undefined;
      const copy = subarray(spare, 0, byteLength);
      setBytes(copy, source);
      return copy;
    }
    // Not zeroed first, because every byte is written next.
    const copy = allocUnsafeSlow(byteLength);
    setBytes(copy, source);
    return copy;
  }

  /** Takes back buffers that were sent and are not used any more. */
  recycle(pieces: readonly Uint8Array[]): void {
    for (let i = 0; i < pieces.length; i++) {
      const { buffer } = pieces[i] as Uint8Array;
      if (buffer.byteLength < LEAST || buffer.byteLength > MOST) continue;
      if (buffer.byteLength < (this.#spare?.byteLength ?? 0)) continue;
      this.#spare = new TrueUint8Array(buffer);
      // primordials: for what a parent has sent.
      if (this.#timer === undefined) this.#timer = setTimeout(() => this.#drop(), KEPT).unref();
      // primordials: as above.
      else this.#timer.refresh();
    }
  }

  #drop(): void {
    this.#spare = undefined;
    this.#timer = undefined;
  }
}
