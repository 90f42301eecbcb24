/**
 * The bytes that a worker process has for its parent, and the system has not taken yet.
 *
 * They are written by hand, not by a stream: a stream goes on in the event loop only, and a worker whose task blocks on an
 * answer of its parent has none. Its question would stay behind the outcomes in front of it, and the answer never come.
 *
 *     put -> write -> all of it taken                                       EMPTY
 *                  -> a part, or nothing: the parent has not read           WAITING
 *     WAITING -> retry in the event loop, or flush while it is blocked      WAITING, or EMPTY and `drained`
 *     any     -> it can't be written by hand                                for good: LEFT to the stream
 *
 * Node tells nobody when a descriptor can be written to, so the event loop asks again: with each of its turns as long as the
 * parent reads, and more and more rarely while it does not. `drained` comes out of the event loop only, never out of `put`
 * or `flush`, whose callers are in the middle of something.
 *
 * Deno opens no descriptor that it was given, so all is left to the stream there, and a task can't block on its own pool. What
 * else is wrong with a channel, such as that a task has closed it, the stream finds out and tells as it tells everything.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Deque } from '../util/deque.ts';
import {
  max,
  min,
  now,
  setImmediate,
  setTimeout,
  subarray,
  uncurryThis,
} from '../util/primordials.ts';
import { sleepThread } from '../util/thread-sleep.ts';

/** Milliseconds since the parent has read, for which it is asked with each turn of the event loop. */
const BRISK = 1;
/** Milliseconds for which this thread sleeps after the system has taken nothing. */
const PAUSE = 0.05;
/** The longest pause between two attempts, in milliseconds. */
const LONGEST = 16;

// primordials: taken when this is loaded.
// oxlint-disable-next-line typescript/unbound-method -- called with a socket as `this`
const write = uncurryThis(Socket.prototype.write) as (
  socket: Socket,
  piece: Uint8Array,
  encoding: undefined,
  then: () => void,
) => boolean;

export class WriteQueue {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #drained: () => void;
  readonly #pieces = new Deque<Uint8Array>();
  #isLeft = false;
  /** Whether the event loop will try again. */
  #isScheduled = false;
  /** When the system has last taken something. */
  #movedAt = 0;

  /**
   * @param socket - a stream over the same descriptor.
   * @param drained - is called when what was waiting has been written.
   */
  constructor(fd: number, socket: Socket, drained: () => void) {
    this.#fd = fd;
    this.#socket = socket;
    this.#drained = drained;
  }

  /** Whether something waits here, or nothing will ever leave. */
  get isStuck(): boolean {
    return (
      this.#pieces.length > 0 || this.#socket.writableLength > 0 || this.#socket.errored !== null
    );
  }

  /** Writes the pieces behind what is waiting. They must not change as long as this is stuck. */
  put(pieces: readonly Uint8Array[]): void {
    // The descriptor of a socket that was closed may be a file of a task by now.
    if (!this.#socket.writable) return;
    const isFirst = this.#pieces.length === 0;
    for (let i = 0; i < pieces.length; i++) this.#pieces.push(pieces[i] as Uint8Array);
    if (!isFirst) return;
    this.#movedAt = now();
    this.flush();
    if (this.#pieces.length > 0) this.#schedule();
  }

  /** Writes what the system takes at once. @returns whether it has taken anything. */
  flush(): boolean {
    let hasMoved = false;
    for (let piece = this.#pieces.peek(); piece !== undefined; piece = this.#pieces.peek()) {
      const written = this.#write(piece);
      if (this.#isLeft) {
        this.#leave();
        return false;
      }
      hasMoved ||= written > 0;
      this.#pieces.shift();
      if (written < piece.byteLength) {
        this.#pieces.unshift(subarray(piece, written));
        break;
      }
    }
    if (hasMoved) this.#movedAt = now();
    return hasMoved;
  }

  /** Writes until all of it has been taken, for so many milliseconds at most. This thread does nothing else meanwhile. */
  flushWithin(timeout: number): void {
    const until = now() + timeout;
    while (this.#pieces.length > 0 && now() < until) if (!this.flush()) sleepThread(PAUSE);
  }

  /** @returns how many bytes were taken. */
  #write(piece: Uint8Array): number {
    if (this.#isLeft) return 0;
    try {
      return writeSync(this.#fd, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#isLeft = true;
      return 0;
    }
  }

  #leave(): void {
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift())
      write(this.#socket, piece, undefined, this.#written);
  }

  readonly #written = (): void => {
    if (!this.isStuck) this.#drained();
  };

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const idle = now() - this.#movedAt;
    if (idle < BRISK) setImmediate(this.#retry);
    else setTimeout(this.#retry, min(LONGEST, max(1, idle / 8)));
  }

  readonly #retry = (): void => {
    this.#isScheduled = false;
    // Who asks without a pause takes the processor that the parent reads with.
    if (!this.flush()) sleepThread(PAUSE);
    if (this.#pieces.length > 0) this.#schedule();
    else if (!this.#isLeft) this.#drained();
  };
}
