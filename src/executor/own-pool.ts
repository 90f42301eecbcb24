/**
 * The executor by which tasks use their own pool: it sends its calls to the parent.
 *
 *     task -> submit -> message -> parent -> the pool's queue … a worker … -> parent -> message -> future
 *
 * Arguments are cloned on the way to the parent and written there like those of any call. Only the parent can tell
 * whether such a call has begun: its future stays `pending` until it is done. `cancel()` asks the parent and waits for
 * the answer, so it is as exact as elsewhere.
 */
import { inspect } from 'node:util';
import { unpackError } from '../codec/error-envelope.ts';
import { fromMessage, toMessage } from '../codec/message.ts';
import { CancelledError, DeadlockError } from '../errors.ts';
import { type CallOptions, noOptions, resolveCallOptions } from './call-options.ts';
import {
  Executor,
  type IterablesOf,
  readShutdownOptions,
  refuseCapture,
  type ShutdownOptions,
} from './executor.ts';
import { MapResults } from './map.ts';
import { notCallable } from './not-callable.ts';
import { startedByImport } from './import-guard.ts';
import { limitCall } from './time-limit.ts';
import type { CallController } from '../future/call-controller.ts';
import {
  controlFuture,
  failFuture,
  finishFuture,
  Future,
  noteCallSite,
  callHandleOf,
} from '../future/future.ts';
import { isUnclonable } from '../codec/unsendable.ts';
import { SnapshotPacker } from '../functions/function-snapshot.ts';
import { prepareArguments, type PreparedCall } from '../functions/prepare.ts';
import type { NestedOutcome } from '../protocol/messages.ts';
import { captureCallSite, withCallSite } from '../util/call-site.ts';
import { functionName } from '../util/validate.ts';
import { unsendableArguments } from '../codec/unsendable.ts';
import { type ParentChannel, parentChannel } from '../protocol/parent-channel.ts';

/** The parent decides by the pool's policy, and by the memory that its workers share. */
const NESTED_CALLS = { policy: 'auto', shares: true } as const;

/** How many calls `map` keeps outstanding for an async input. */
const LOOK_AHEAD = 16;

/** The calls that tasks of this worker have submitted to their pool. */
class NestedCallController implements CallController {
  readonly functions = new SnapshotPacker(NESTED_CALLS);
  readonly #channel: ParentChannel;
  readonly #calls = new Map<number, Future<unknown>>();
  /** Calls with a question to the parent whether they are cancelled, and the outcomes that arrived meanwhile. */
  readonly #asked = new Map<number, NestedOutcome | undefined>();
  #lastCall = 0;

  constructor(channel: ParentChannel) {
    this.#channel = channel;
    channel.onSettled = (call, outcome) => this.#settle(call, outcome);
  }

  send(
    fn: (...args: never[]) => unknown,
    args: unknown[],
    transfer: readonly object[],
  ): Future<unknown> {
    const call = ++this.#lastCall;
    const future = controlFuture(this, call, functionName(fn));
    try {
      this.#request(call, fn, args, transfer);
      this.#calls.set(call, future);
      this.#channel.submitted(call);
    } catch (error) {
      failFuture(future, error);
    }
    return future;
  }

  #request(
    call: number,
    fn: (...args: never[]) => unknown,
    args: unknown[],
    transfer: readonly object[],
  ): void {
    const prepared = this.functions.prepare(fn, args, transfer);
    const request = ({ fn: named, args: list }: PreparedCall): void =>
      this.#channel.request({ kind: 'submit', call, fn: named, args: toMessage(list) }, transfer);
    try {
      request(prepared);
    } catch (cause) {
      if (!isUnclonable(cause) || !prepared.lasting)
        throw unsendableArguments(args, functionName(fn), cause, transfer);
      request(prepareArguments(prepared.fn, args, { ...NESTED_CALLS, moved: transfer }));
    }
  }

  shutdown(cancelFutures: boolean): void {
    this.#channel.request({ kind: 'shutdown', cancelFutures }, []);
  }

  #settle(call: number, outcome: NestedOutcome): void {
    if (this.#asked.has(call)) {
      this.#asked.set(call, outcome);
      return;
    }
    const future = this.#calls.get(call);
    this.#calls.delete(call);
    if (future === undefined) return;
    if (outcome.kind === 'value') finishFuture(future, fromMessage(outcome.value));
    else {
      const error = unpackError(outcome.error);
      if (error instanceof CancelledError) future.cancel(error.cause);
      else failFuture(future, error);
    }
  }

  /**
   * If the answer is yes, the parent has also sent the outcome, maybe before. It is dropped: the withdrawing code
   * decides the outcome, a timeout or a reason to cancel.
   */
  withdraw(_future: Future<unknown>, call: number): boolean {
    if (!this.#calls.has(call)) return true;
    this.#asked.set(call, undefined);
    let withdrawn = false;
    try {
      withdrawn = this.#channel.withdraw(call);
    } finally {
      // Also if a task has closed the channel, and there is no answer.
      const told = this.#asked.get(call);
      this.#asked.delete(call);
      if (withdrawn) this.#calls.delete(call);
      else if (told !== undefined) this.#settle(call, told);
    }
    return withdrawn;
  }

  begun(): boolean {
    return false;
  }

  block(future: Future<unknown>, timeout: number): void {
    if (this.#channel.block(callHandleOf(future), () => future.done(), timeout)) return;
    throw new DeadlockError(
      `Blocking on ${inspect(future)} could never end: tasks that wait for calls of the same pool block every worker that ` +
        'could run it, or the one that has begun it. Await it instead, or use more workers.',
    );
  }

  workerName(): undefined {
    return undefined;
  }
}

class OwnPool extends Executor {
  readonly #controller: NestedCallController;
  readonly #options: CallOptions;

  constructor(controller: NestedCallController, options: CallOptions) {
    super();
    refuseCapture(this, options);
    this.#controller = controller;
    this.#options = options;
  }

  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>> {
    const importing = parentChannel()?.importing;
    if (importing !== undefined) throw startedByImport(importing);
    const { signal, transfer = [] } = this.#options;
    if (signal?.aborted === true) {
      const cancelled = new Future<Awaited<R>>();
      cancelled.cancel(signal.reason);
      return cancelled;
    }
    const future = notCallable(fn) ?? this.#controller.send(fn, args, transfer);
    noteCallSite(future, submitEntry);
    limitCall(future, this.#options);
    return future as Future<Awaited<R>>;
  }

  /** {@link Executor.map}; `chunkSize` makes no difference here. */
  override map<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResults<Awaited<R>> {
    const plain = new OwnPool(this.#controller, noOptions);
    const { bufferSize, signal, timeout } = this.#options;
    const site = captureCallSite(mapEntry);
    const { functions } = this.#controller;
    const snapshot = typeof fn === 'function' ? functions.take(fn) : undefined;
    const submit = fn as (...args: unknown[]) => unknown;
    const submitOne = (args: unknown[]): Future<unknown> =>
      withCallSite(site, () => functions.using(snapshot, () => plain.submit(submit, ...args)));
    return new MapResults(
      { submitOne, lookAhead: LOOK_AHEAD },
      { bufferSize, signal, timeout },
      iterables as Iterable<unknown>[],
    );
  }

  override with(options: CallOptions): Executor {
    return new OwnPool(this.#controller, resolveCallOptions(this.#options, options));
  }

  /** Shuts the pool down; a task can't wait for that, because the pool waits for the task. */
  override shutdown(options?: ShutdownOptions): Promise<void> {
    const { wait, cancelFutures } = readShutdownOptions(options);
    this.#controller.shutdown(cancelFutures);
    if (!wait) return Promise.resolve();
    return Promise.reject(
      new DeadlockError(
        'A task waits for the shutdown of its own executor, which waits for the task. Use shutdown({ wait: false }).',
      ),
    );
  }
}

// oxlint-disable-next-line typescript/unbound-method -- not to be called: stacks are to begin behind them
const { submit: submitEntry, map: mapEntry } = OwnPool.prototype;

let own: OwnPool | undefined;

/** The pool of which this thread or process is a worker; undefined if it is none. */
export function ownPool(): Executor | undefined {
  const channel = parentChannel();
  if (channel === undefined) return undefined;
  own ??= new OwnPool(new NestedCallController(channel), noOptions);
  return own;
}
