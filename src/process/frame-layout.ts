/**
 * The bytes between a parent and a worker process: frames, one after the other, in both directions.
 *
 *     header, 24 bytes:
 *        0  u32  length of the body, a multiple of 8
 *        4  u8   kind                       5  u8   flags
 *        6  u16  how many buffers are attached
 *        8  u32  number: of the call; of the first byte of a piece of shapes
 *       12  u32  function (calls); duration class of the function (outcomes)
 *       16  u32  bytes of the body that are in use
 *       20  u32  check: a mix of the above
 *     body:   the content, up to a multiple of 8; then f64 length of each attached buffer
 *     then the attached buffers, byte by byte
 *
 * Our channel is a file descriptor of the worker process, and any code there can write to it. The check detects foreign
 * bytes; such a channel is of no use any more.
 */
import type { ProcessMessage } from '../protocol/process-messages.ts';
import { cloneToBytes } from '../codec/clone.ts';
import { imul, SafeDataView, setBytes, subarray, TrueUint8Array } from '../util/primordials.ts';

export const HEADER = 24;

export const FrameKind = {
  /** Parent to worker: a call. The content is its argument list. */
  Call: 1,
  /** Worker to parent: the outcome of a call. */
  Outcome: 2,
  /** Both: definitions of further shapes, see codec/shapes.ts. */
  Shapes: 3,
  /** Both: a {@link ProcessMessage}. */
  Message: 4,
} as const;

export const Flag = {
  /** The content was cloned, see codec/clone.ts, and is the last attached buffer. */
  Cloned: 1,
  /** The outcome is an error: of the task, or about a missing outcome. */
  Failed: 2,
  /** The call is a chunk of `map`. */
  Chunk: 4,
  /** The task's output is captured. */
  Captured: 8,
} as const;

/** The length of a body with `used` bytes of content. */
export function padded(used: number): number {
  return (used + 7) & ~7;
}

/** Puts a header in front of `used` bytes of content. @returns the end of the frame. */
export function putHeader(
  view: SafeDataView,
  at: number,
  kind: number,
  flags: number,
  number: number,
  extra: number,
  used: number,
  attached: readonly Uint8Array[],
): number {
  const table = at + HEADER + padded(used);
  for (let index = 0; index < attached.length; index++)
    view.setFloat64(table + 8 * index, attached[index]?.byteLength ?? 0, true);
  const length = padded(used) + 8 * attached.length;
  view.setUint32(at, length, true);
  view.setUint8(at + 4, kind);
  view.setUint8(at + 5, flags);
  view.setUint16(at + 6, attached.length, true);
  view.setUint32(at + 8, number, true);
  view.setUint32(at + 12, extra, true);
  view.setUint32(at + 16, used, true);
  view.setUint32(at + 20, check(view, at), true);
  return at + HEADER + length;
}

/** True if there is a header of ours at `at`. */
export function isHeader(view: SafeDataView, at: number): boolean {
  return view.getUint32(at + 20, true) === check(view, at);
}

function check(view: SafeDataView, at: number): number {
  let mix = 0x9e3779b9;
  for (let i = 0; i < 20; i += 4) {
    mix = imul(mix ^ view.getUint32(at + i, true), 0x85ebca6b);
    mix ^= mix >>> 13;
  }
  return mix >>> 0;
}

/** A frame of its own for a message: header and body, with the content attached. */
export function messageFrame(message: ProcessMessage): [Uint8Array, Uint8Array] {
  const content = cloneToBytes(message);
  const head = new TrueUint8Array(HEADER + 8);
  putHeader(new SafeDataView(head.buffer), 0, FrameKind.Message, Flag.Cloned, 0, 0, 0, [content]);
  return [head, content];
}

/** A frame with a piece of a region of shapes, which belongs at `start` of the receiver's. */
export function shapesFrame(region: Uint8Array, start: number, end: number): Uint8Array {
  const used = end - start;
  const frame = new TrueUint8Array(HEADER + padded(used));
  setBytes(frame, subarray(region, start, end), HEADER);
  putHeader(new SafeDataView(frame.buffer), 0, FrameKind.Shapes, 0, start, 0, used, []);
  return frame;
}
