/**
 * The worker's end of the channel: bytes to frames, and frames to bytes.
 *
 * While the worker is blocked on an answer of its parent, no event arrives, and the channel is read by hand
 * (`readNow`).
 */
import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { ShapeReader, SHAPE_REGION_BYTES, ShapeWriter } from '../codec/shapes.ts';
import type { FromProcess } from '../protocol/process-messages.ts';
import { Deque } from '../util/deque.ts';
import { socketOver } from './descriptor-socket.ts';
import {
  allocUnsafeSlow,
  min,
  now,
  SafeDataView,
  setBytes,
  subarray,
  TrueDataView,
  TrueUint8Array,
} from '../util/primordials.ts';
import { sleepThread } from '../util/thread-sleep.ts';
import type { Frame } from '../protocol/frame.ts';
import { FrameParser } from './frame-parser.ts';
import { FrameKind, messageFrame, shapesFrame } from './frame-layout.ts';
import { FrameWriter, type WrittenFrame } from './frame-writer.ts';
import { WriteQueue } from './write-queue.ts';

/** Descriptors that are open when a worker process starts; process-handle.ts has the list. */
const CHANNEL_FD = 3;
export const CLAIMS_FD = 4;
export const LIFELINE_FD = 5;

/** Milliseconds between two looks at the channel while the worker is blocked. */
const LOOK = 1;

export interface ChannelEvents {
  frame(frame: Frame): void;
  /** All frames of a piece of the stream have been passed on. */
  read(): void;
  /** The parent has read the bytes that waited for it. */
  drained(): void;
  /** The parent is gone, or the channel is of no use. */
  closed(): void;
}

export class WorkerChannel {
  readonly shapes: ShapeReader;
  readonly #socket: Socket;
  readonly #queue: WriteQueue;
  readonly #parser: FrameParser;
  readonly #events: ChannelEvents;
  /** Frames that were read and not passed on. */
  readonly #frames = new Deque<Frame>();
  readonly #parentShapes = new TrueUint8Array(SHAPE_REGION_BYTES);
  readonly #parentShapesView = new SafeDataView(this.#parentShapes.buffer);
  readonly #ownShapes = new TrueUint8Array(SHAPE_REGION_BYTES);
  readonly #ownShapesView = new SafeDataView(this.#ownShapes.buffer);
  readonly #writer: FrameWriter;
  #toldShapes = 4;
  /** Outcomes in a row in a page, not written to the channel yet. */
  #page: Uint8Array | undefined = undefined;
  #from = 0;
  #to = 0;
  #since = 0;

  constructor(events: ChannelEvents) {
    this.#events = events;
    this.#parser = new FrameParser((frame) => this.#frames.push(frame), false);
    this.shapes = new ShapeReader(new TrueDataView(this.#parentShapes.buffer));
    this.#writer = new FrameWriter(new ShapeWriter(new TrueDataView(this.#ownShapes.buffer)));
    this.#socket = socketOver(CHANNEL_FD, true);
    this.#queue = new WriteQueue(CHANNEL_FD, this.#socket, () => events.drained());
    // primordials: before the first call.
    this.#socket.on('data', (chunk: Buffer) => this.#push(chunk));
    // primordials: before the first call.
    this.#socket.on('error', () => events.closed());
    // primordials: before the first call.
    this.#socket.on('close', () => events.closed());
  }

  /**
   * True if not all outcomes can be on their way: some wait here for the parent to read, or the channel has failed. No
   * call begins meanwhile: if it ended this process, outcomes of finished calls would be lost with it.
   */
  get isStuck(): boolean {
    return this.#queue.isStuck;
  }

  /** Adds further shapes of the parent. */
  learn({ bytes, start, end, number }: Frame): void {
    setBytes(this.#parentShapes, subarray(bytes, start, end), number);
    this.#parentShapesView.setUint32(0, number + end - start, true);
  }

  tell(message: FromProcess): void {
    this.flush();
    this.#queue.put(messageFrame(message));
  }

  /** Writes an outcome, to be sent with the next {@link flush}. @throws DataCloneError, or an error of a getter. */
  putOutcome(flags: number, number: number, duration: number, value: unknown): void {
    // Its large buffers are not copied: no call that could write to them begins before they are gone.
    this.#append(this.#writer.put(FrameKind.Outcome, flags, number, duration, value, false, true));
  }

  /** Milliseconds for which a written outcome has not been sent. */
  get age(): number {
    return this.#page === undefined ? 0 : now() - this.#since;
  }

  /** Sends the written outcomes. */
  flush(): void {
    const page = this.#page;
    if (page === undefined) return;
    this.#page = undefined;
    this.#queue.put([subarray(page, this.#from, this.#to)]);
  }

  /** Sends everything, and does nothing else, for at most `timeout` milliseconds. */
  flushWithin(timeout: number): void {
    this.flush();
    this.#queue.flushWithin(timeout);
  }

  /** Reads without an event the bytes that have arrived; waits a moment if there are none. */
  readNow(timeout: number): void {
    // The reading code may have been called by one of several frames that came together.
    if (this.#frames.length > 0) {
      this.#tellAll();
      return;
    }
    // The awaited answer may belong to a question that lies behind unsent bytes.
    const hasMoved = this.#queue.flush();
    const chunk = allocUnsafeSlow(64 * 1024);
    let length = 0;
    try {
      length = readSync(CHANNEL_FD, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      if (!hasMoved) sleepThread(min(LOOK, timeout));
      return;
    }
    if (length === 0) this.#events.closed();
    else this.#push(subarray(chunk, 0, length));
  }

  #push(chunk: Uint8Array): void {
    if (!this.#parser.push(chunk)) {
      this.#events.closed();
      return;
    }
    this.#tellAll();
    this.#events.read();
  }

  #tellAll(): void {
    for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift())
      this.#events.frame(frame);
  }

  #append({ page, start, end, attached }: WrittenFrame): void {
    this.#tellShapes();
    if (this.#page !== page || this.#to !== start) {
      this.flush();
      this.#page = page;
      this.#from = start;
      this.#since = now();
    }
    this.#to = end;
    if (attached.length === 0) return;
    this.flush();
    this.#queue.put(attached);
  }

  /** Written outcomes may use shapes that the parent does not have, so these go ahead of them. */
  #tellShapes(): void {
    const end = this.#ownShapesView.getUint32(0, true);
    if (end === this.#toldShapes) return;
    this.flush();
    this.#queue.put([shapesFrame(this.#ownShapes, this.#toldShapes, end)]);
    this.#toldShapes = end;
  }
}
