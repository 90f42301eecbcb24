/** The outcomes of one worker, rebuilt from their frames. */
import { cloneFromBytes } from '../codec/clone.ts';
import { ShapeReader, SHAPE_REGION_BYTES } from '../codec/shapes.ts';
import { ValueReader } from '../codec/value-reader.ts';
import { notRebuilt, unpackOutcome } from '../executor/outcome.ts';
import type { Frame } from '../protocol/frame.ts';
import { Flag } from './frame-layout.ts';

export class FrameOutcomes {
  readonly #region = new Uint8Array(SHAPE_REGION_BYTES);
  readonly #shapes = new ShapeReader(new DataView(this.#region.buffer));
  readonly #reader = new ValueReader(new ArrayBuffer(0));

  /** The worker has defined further shapes. */
  learn({ bytes, start, end, number }: Frame): void {
    this.#region.set(bytes.subarray(start, end), number);
    new DataView(this.#region.buffer).setUint32(0, number + end - start, true);
  }

  #value: unknown = undefined;

  /** The outcome that was read last, a value or an error; once, so that it is not kept alive here. */
  takeValue(): unknown {
    const value = this.#value;
    this.#value = undefined;
    return value;
  }

  /** Never throws: if an outcome can't be rebuilt, its call fails. @returns true if the call failed. */
  read(frame: Frame, task: string | undefined): boolean {
    try {
      const failed = (frame.flags & Flag.Failed) !== 0;
      const isChunk = (frame.flags & Flag.Chunk) !== 0;
      this.#value = unpackOutcome(this.#rebuild(frame), failed, isChunk);
      return failed;
    } catch (cause) {
      this.#value = notRebuilt(task, cause);
      return true;
    }
  }

  #rebuild({ attached, flags, bytes, start }: Frame): unknown {
    if (attached === undefined) throw new Error('there is not enough memory for it.');
    if ((flags & Flag.Cloned) !== 0)
      return cloneFromBytes(new Uint8Array(attached.at(-1) ?? new ArrayBuffer(0)));
    this.#reader.over(bytes, start, attached);
    return this.#reader.read(start, this.#shapes);
  }
}
