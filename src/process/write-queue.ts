/**
 * The bytes that a worker process has for its parent, and the system has not taken yet.
 *
 * They are written by hand, not by a stream: a stream goes on in the event loop only, and a worker whose task blocks on an
 * answer of its parent has none. Its question would stay behind the outcomes in front of it, and the answer never come.
 *
 *     put -> write -> all of it taken                                       EMPTY
 *                  -> a part, or nothing: the parent has not read           WAITING
 *     WAITING -> retry in the event loop, or flush while it is blocked      WAITING, or EMPTY and `drained`
 *     any     -> what the system says is not "later"                        FAILED for good, and `failed`
 *
 * Node tells nobody when a descriptor can be written to, so the event loop asks again: with each of its turns as long as the
 * parent reads, and more and more rarely while it does not. Both events come out of the event loop only, never out of `put`
 * or `flush`, whose callers are in the middle of something.
 */
import { writeSync } from 'node:fs';
import { Deque } from '../util/deque.ts';
import { max, min, now, setImmediate, setTimeout, subarray } from '../util/primordials.ts';
import { sleepThread } from '../util/thread-sleep.ts';

/** Milliseconds since the parent has read, for which it is asked with each turn of the event loop. */
const BRISK = 1;
/** Milliseconds for which this thread sleeps after the system has taken nothing. */
const PAUSE = 0.05;
/** The longest pause between two attempts, in milliseconds. */
const LONGEST = 16;

export interface WriteQueueEvents {
  /** What was waiting has been written. */
  drained(): void;
  /** Nothing can be written any more. */
  failed(): void;
}

export class WriteQueue {
  readonly #fd: number;
  readonly #events: WriteQueueEvents;
  readonly #pieces = new Deque<Uint8Array>();
  #hasFailed = false;
  /** Whether the event loop will try again, or tell that it has failed. */
  #isScheduled = false;
  /** When the system has last taken something. */
  #movedAt = 0;

  constructor(fd: number, events: WriteQueueEvents) {
    this.#fd = fd;
    this.#events = events;
  }

  /** Whether something waits here, or nothing will ever leave. */
  get isStuck(): boolean {
    return this.#pieces.length > 0 || this.#hasFailed;
  }

  /** Writes the pieces behind what is waiting. They must not change as long as this is stuck. */
  put(pieces: readonly Uint8Array[]): void {
    if (this.#hasFailed) return;
    const isFirst = this.#pieces.length === 0;
    for (let i = 0; i < pieces.length; i++) this.#pieces.push(pieces[i] as Uint8Array);
    if (!isFirst) return;
    this.#movedAt = now();
    this.flush();
    if (this.isStuck) this.#schedule();
  }

  /** Writes what the system takes at once. @returns whether it has taken anything. */
  flush(): boolean {
    let hasMoved = false;
    for (let piece = this.#pieces.peek(); piece !== undefined; piece = this.#pieces.peek()) {
      const written = this.#write(piece);
      if (this.#hasFailed) return false;
      hasMoved ||= written > 0;
      if (written < piece.byteLength) {
        this.#pieces.shift();
        this.#pieces.unshift(subarray(piece, written));
        break;
      }
      this.#pieces.shift();
    }
    if (hasMoved) this.#movedAt = now();
    return hasMoved;
  }

  /** @returns how many bytes were taken. */
  #write(piece: Uint8Array): number {
    try {
      return writeSync(this.#fd, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      this.#hasFailed = true;
      return 0;
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const idle = now() - this.#movedAt;
    if (idle < BRISK || this.#hasFailed) setImmediate(this.#retry);
    else setTimeout(this.#retry, min(LONGEST, max(1, idle / 8)));
  }

  readonly #retry = (): void => {
    this.#isScheduled = false;
    // Who asks without a pause takes the processor that the parent reads with.
    if (!this.flush() && !this.#hasFailed) sleepThread(PAUSE);
    if (this.#hasFailed) this.#events.failed();
    else if (this.#pieces.length > 0) this.#schedule();
    else this.#events.drained();
  };
}
