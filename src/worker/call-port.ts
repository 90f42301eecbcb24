/**
 * What the runtime in a worker needs of the kind of worker that it runs in: where calls come from, where outcomes go,
 * how the parent is spoken to. A backend with workers fills this in; everything else about a worker is written once, in
 * `call-loop.ts` and `worker-runtime.ts`. docs/design/how-to-add-a-backend.md has the order in which to fill it in.
 *
 * `C` is whatever the backend knows a call by: the number of a slot, a frame.
 */
import type { Channel } from '../codec/channel.ts';
import type { ErrorEnvelope } from '../codec/error-envelope.ts';
import type { FromWorker, NestedRequest } from '../protocol/messages.ts';

/** Calls in, outcomes out. Called by the call loop, never by user code. */
export interface CallPort<C> {
  /** Claims the next call, which nobody else can have from then on; undefined if there is none now. */
  claim(): C | undefined;
  /** The number of the call's function. */
  functionOf(call: C): number;
  /** Whether its arguments are the items of a chunk of `map`. */
  isChunk(call: C): boolean;
  /** Whether what its task writes to stdout and stderr goes to its caller. */
  isCaptured(call: C): boolean;
  /** What the parent knows the call by, in messages. */
  numberOf(call: C): number;
  /**
   * The arguments. Undefined if they have to be asked for, which this does: {@link CallLoop.begin} goes on when they are
   * there. @throws whatever keeps them from being rebuilt.
   */
  argumentsOf(call: C): unknown[] | undefined;
  /** Hands a value over as the call's outcome; those in `list` are moved. @throws if it can't travel. */
  putValue(call: C, value: unknown, list: readonly object[]): void;
  /** Hands a failure over as the call's outcome. */
  putError(call: C, error: ErrorEnvelope): void;
  /** On which outcomes travel: what can, and what to do about the rest. */
  readonly channel: Channel;

  /** The call is about to begin. */
  begins(call: C): void;
  /** The call has ended before the loop has looked away from it. */
  endsAtOnce(call: C): void;
  /** What is under way is left to itself. Unless {@link resumes} follows, nothing is claimed for the time being. */
  leaves(): void;
  /** The outcome of the call was handed over. */
  ended(call: C): void;
  /** The loop claims again. */
  resumes(): void;
  /** The event loop gets its turn. */
  turns(): void;
  /**
   * There is nothing to claim.
   *
   * @returns true if the loop may be idle: the port wakes it when there is something. False: look again.
   */
  rests(): boolean;
  /** The idle worker is to look again. @returns false if somebody else is waking it already. */
  unrest(): boolean;
  /** Whether everything that was handed over is on its way, so that the worker may leave. */
  isFlushed(): boolean;
}

/** The way to the parent. */
export interface ParentPort {
  /** Sends a message, and wakes the parent if it sleeps or is blocked. */
  send(message: FromWorker, transfer?: readonly object[]): void;
  /** Sends a request that is a question, and blocks until it is answered. */
  ask(request: NestedRequest): boolean;
  /** Receives one message that has arrived without an event; false if there is none. */
  receiveNow(): boolean;
  /** Receives what has arrived; if nothing has, waits for `timeout` milliseconds at most until something does. */
  receiveWithin(timeout: number): void;
  /** The parent has asked for the end of this worker: {@link CallPort.claim} gives what is in its hands already, and no more. */
  closes(): void;
  /** Exit handlers have begun to run. What only the parent or others can use now is theirs. */
  departs(code: number): void;
  /** It was no end: this worker goes on until its calls are over. */
  stays(): void;
  /** Ends this worker in order, with nothing in its hands. It may return: exit handlers are user code. */
  leave(retired: boolean): void;
}

export interface WorkerPort<C> extends CallPort<C>, ParentPort {}
