/**
 * The interface between the runtime of a worker and its kind of worker: the source of calls, the destination of
 * outcomes, the messages to the parent. A backend with workers implements it; all other code of a worker exists
 * once, in `call-loop.ts` and `worker-runtime.ts`. docs/design/how-to-add-a-backend.md gives the order in which to
 * implement it.
 *
 * `C` is the backend's representation of a call: the number of a slot, a frame.
 */
import type { Channel } from '../codec/channel.ts';
import type { ErrorEnvelope } from '../codec/error-envelope.ts';
import type { FromWorker, NestedRequest } from '../protocol/messages.ts';

/** Takes calls and hands outcomes over. Called by the call loop, never by user code. */
export interface CallPort<C> {
  /** Claims the next call, which no other worker can get from then on; undefined if there is none now. */
  claim(): C | undefined;
  /** The number of the call's function. */
  functionOf(call: C): number;
  /** True if the call is a chunk of `map`: its arguments are the items. */
  isChunk(call: C): boolean;
  /** True if the output of its task on stdout and stderr is sent to the caller. */
  isCaptured(call: C): boolean;
  /** The number of the call in messages to the parent. */
  numberOf(call: C): number;
  /**
   * The arguments. Undefined if they have to be requested first; this method does so, and {@link CallLoop.begin}
   * continues when they have arrived. @throws the error that prevents rebuilding them.
   */
  argumentsOf(call: C): unknown[] | undefined;
  /** Hands a value over as the call's outcome; the objects in `list` are transferred. @throws if it can't be sent. */
  putValue(call: C, value: unknown, list: readonly object[]): void;
  /** Hands a failure over as the call's outcome. */
  putError(call: C, error: ErrorEnvelope): void;
  /** The channel for outcomes: which values it can carry, and the advice for all others. */
  readonly channel: Channel;

  /** Called when the call is about to begin. */
  begins(call: C): void;
  /** Called when the call has ended synchronously. */
  endsAtOnce(call: C): void;
  /** Called when the loop leaves calls that are not done. Unless {@link resumes} follows, it claims nothing for now. */
  leaves(): void;
  /** Called when the outcome of the call was handed over. */
  ended(call: C): void;
  /** Called when the loop claims again. */
  resumes(): void;
  /** Called when the event loop gets an iteration. */
  turns(): void;
  /**
   * Called when there is nothing to claim.
   *
   * @returns true if the loop may be idle: the port wakes it when there is work. False if it has to try again.
   */
  rests(): boolean;
  /** Ends the idle state of the worker. @returns false if it is being woken already. */
  unrest(): boolean;
  /** True if everything that was handed over is on its way, so that the worker may end. */
  isFlushed(): boolean;
}

/** The connection to the parent. */
export interface ParentPort {
  /** Sends a message, and wakes the parent if it sleeps or is blocked. */
  send(message: FromWorker, transfer?: readonly object[]): void;
  /** Sends a request that is a question, and blocks until the answer has arrived. */
  ask(request: NestedRequest): boolean;
  /** Receives one message that has arrived, without an event; false if there is none. */
  receiveNow(): boolean;
  /** Receives messages that have arrived. If there are none, waits for one for at most `timeout` milliseconds. */
  receiveWithin(timeout: number): void;
  /**
   * Called when the parent has requested the end of this worker: from then on {@link CallPort.claim} returns only
   * calls that are already assigned to it.
   */
  closes(): void;
  /**
   * Called when exit handlers begin to run. Gives back everything that only the parent or other workers can use now.
   */
  departs(code: number): void;
  /** Called when the end was prevented: this worker continues until its calls are done. */
  stays(): void;
  /** Ends this worker without unfinished calls. The method may return, because exit handlers are user code. */
  leave(retired: boolean): void;
}

export interface WorkerPort<C> extends CallPort<C>, ParentPort {}
