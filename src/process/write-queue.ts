/**
 * Bytes of a worker process for its parent that the system has not taken yet.
 *
 * They are written by hand, not by a stream. A stream continues in the event loop only, and a worker whose task blocks
 * on an answer of its parent has none: its question would stay behind the outcomes in front of it, and the answer would
 * never come.
 *
 *     put -> write -> all of it taken
 *                  -> a part, or nothing: the parent has not read, so the rest waits
 *                      -> retry in the event loop, or flush while it is blocked -> all of it taken: `drained`
 *
 * Who writes next is a state (`write-state.ts`): the event loop has a turn for it or not, or the stream has it all.
 *
 * Node has no event for a writable descriptor, so the event loop tries again: at each of its turns as long as the
 * parent reads, and more and more rarely while it does not. `drained` is called from the event loop only, never from
 * `put` or `flush`, whose callers are in the middle of their work.
 *
 * Deno can't open an inherited descriptor, so the stream does everything there, and a task can't block on its own pool.
 * The stream also detects and reports all other failures of a channel, for example that a task has closed it.
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
import { WriteMachine, WriteState } from './write-state.ts';

/** Milliseconds since the parent's last read for which each turn of the event loop tries again. */
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
  readonly #state = new WriteMachine();
  /** The time at which the system last accepted bytes. */
  #movedAt = 0;

  /**
   * @param socket - a stream over the same descriptor.
   * @param drained - called when the waiting bytes have been written.
   */
  constructor(fd: number, socket: Socket, drained: () => void) {
    this.#fd = fd;
    this.#socket = socket;
    this.#drained = drained;
  }

  /** True if bytes wait here, or none will ever leave. */
  get isStuck(): boolean {
    return (
      this.#pieces.length > 0 || this.#socket.writableLength > 0 || this.#socket.errored !== null
    );
  }

  /** Writes the pieces behind the waiting ones. They must not change as long as this is stuck. */
  put(pieces: readonly Uint8Array[]): void {
    // The descriptor of a closed socket may be a file of a task by now.
    if (!this.#socket.writable) return;
    const isFirst = this.#pieces.length === 0;
    for (let i = 0; i < pieces.length; i++) this.#pieces.push(pieces[i] as Uint8Array);
    if (!isFirst) return;
    this.#movedAt = now();
    this.flush();
    if (this.#pieces.length > 0) this.#schedule();
  }

  /** Writes as much as the system takes at once. @returns true if it has taken any. */
  flush(): boolean {
    let hasMoved = false;
    for (let piece = this.#pieces.peek(); piece !== undefined; piece = this.#pieces.peek()) {
      const written = this.#write(piece);
      if (this.#state.is(WriteState.Left)) {
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

  /**
   * Writes until all bytes have been taken, for at most `timeout` milliseconds. This thread does nothing else
   * meanwhile.
   */
  flushWithin(timeout: number): void {
    const until = now() + timeout;
    while (this.#pieces.length > 0 && now() < until) if (!this.flush()) sleepThread(PAUSE);
  }

  /** @returns how many bytes were taken. */
  #write(piece: Uint8Array): number {
    if (this.#state.is(WriteState.Left)) return 0;
    try {
      return writeSync(this.#fd, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#state.leave();
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
    if (!this.#state.schedule()) return;
    const idle = now() - this.#movedAt;
    if (idle < BRISK) setImmediate(this.#retry);
    else setTimeout(this.#retry, min(LONGEST, max(1, idle / 8)));
  }

  readonly #retry = (): void => {
    this.#state.retry();
    // Writing again without a pause would take the processor from the parent that has to read.
    if (!this.flush()) sleepThread(PAUSE);
    if (this.#pieces.length > 0) this.#schedule();
    else if (!this.#state.is(WriteState.Left)) this.#drained();
  };
}
