/**
 * Nested calls, on the parent's side: calls that tasks submit to the pool that runs them (`own-pool.ts`).
 *
 * Each worker has one such object, which ends with it: the outcomes of a dead worker's calls go nowhere. Requests of
 * the worker arrive as messages; outcomes of its calls go back as messages. They wake a worker that is blocked
 * meanwhile.
 */
import type { Channel } from '../codec/channel.ts';
import { packError } from '../codec/error-envelope.ts';
import { fromMessage, toMessage } from '../codec/message.ts';
import { addWaiter, type Future, peek, peekOutcome, workerOf } from '../future/future.ts';
import { FutureStateCode } from '../future/future-state.ts';
import {
  type NamedFunction,
  type NestedOutcome,
  type NestedRequest,
  type ToWorker,
} from '../protocol/messages.ts';
import { unsendableArguments } from '../codec/unsendable.ts';

export interface NestedCallsTarget {
  /** Takes a call for the pool; throws if the pool takes none. */
  submit(fn: NamedFunction, args: unknown[]): Future<unknown>;
  shutdown(cancelFutures: boolean): void;
  /** Posts to the worker, and wakes it if it is blocked. */
  post(message: ToWorker): void;
  /**
   * The worker's tasks wait for `calls` calls, or soon will: it takes others meanwhile, unless one of them blocks it.
   */
  setWaiting(calls: number, blocked: boolean): void;
  /** True if the call on which its task blocks can never be done. */
  isDeadlocked(): boolean;
}

export class NestedCalls {
  readonly #channel: Channel;
  readonly #worker: string;
  readonly #target: NestedCallsTarget;
  readonly #calls = new Map<number, Future<unknown>>();
  /**
   * The calls on which its tasks block: more than one if a callback that runs during a block also blocks. The last one
   * ends first.
   */
  #blocks: readonly { readonly call: number; readonly forever: boolean }[] = [];
  #isSubmitting = false;
  #isOver = false;

  /** @param channel - the channel on which outcomes reach the worker. */
  constructor(worker: string, target: NestedCallsTarget, channel: Channel) {
    this.#channel = channel;
    this.#worker = worker;
    this.#target = target;
  }

  /** @param answer - answers a question; the worker is blocked until then. */
  receive(request: NestedRequest, answer: (yes: boolean) => void): void {
    switch (request.kind) {
      case 'submit':
        this.#submit(request.call, request.fn, fromMessage(request.args) as unknown[]);
        break;
      case 'cancel': {
        const future = this.#calls.get(request.call);
        // If the call is settled and unknown here, its outcome is on its way to the worker.
        answer(future?.cancel() ?? false);
        break;
      }
      case 'block':
        answer(this.#block(request.call, request.forever));
        break;
      case 'unblock':
        this.#unblock(request.call);
        break;
      case 'shutdown':
        this.#target.shutdown(request.cancelFutures);
        break;
      default:
        request satisfies never;
    }
  }

  /** The worker is gone. */
  end(): void {
    this.#isOver = true;
    this.#calls.clear();
  }

  /** True if no call is under way. */
  get isEmpty(): boolean {
    return this.#calls.size === 0;
  }

  /** True if its tasks may block on a call: on one that is under way, or is being submitted at this moment. */
  get mayBlock(): boolean {
    return this.#isSubmitting || !this.isEmpty;
  }

  /** True if a task blocks the worker on a call of the pool, without a time limit. */
  get isBlocked(): boolean {
    return this.#blocks.at(-1)?.forever === true;
  }

  /** The name of the worker that has begun the call on which the task blocks; undefined if none has. */
  get runner(): string | undefined {
    const last = this.#blocks.at(-1);
    const future = last === undefined ? undefined : this.#calls.get(last.call);
    return future === undefined ? undefined : workerOf(future);
  }

  /** No worker can run the call on which the task blocks: sends that to the worker. */
  breakDeadlock(): void {
    const last = this.#blocks.at(-1);
    if (last === undefined) return;
    this.#unblock(last.call);
    this.#target.post({ kind: 'deadlock', call: last.call });
  }

  /** @returns true if that could never end. Otherwise the worker is blocked from now on. */
  #block(call: number, forever: boolean): boolean {
    // The call is done, and its outcome is on the way.
    if (!this.#calls.has(call)) return false;
    this.#blocks = [...this.#blocks, { call, forever }];
    const never = forever && this.#target.isDeadlocked();
    if (never) this.#unblock(call);
    else this.#tellWaiting();
    return never;
  }

  #unblock(call: number): void {
    this.#blocks = this.#blocks.filter((block) => block.call !== call);
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    this.#target.setWaiting(this.#calls.size, this.#blocks.length > 0);
  }

  #submit(call: number, fn: NamedFunction, args: unknown[]): void {
    let future: Future<unknown>;
    this.#isSubmitting = true;
    try {
      future = this.#target.submit(fn, args);
    } catch (error) {
      this.#fail(call, error, fn);
      return;
    } finally {
      this.#isSubmitting = false;
    }
    this.#calls.set(call, future);
    this.#tellWaiting();
    const settled = (): void => {
      if (this.#isOver) return;
      this.#calls.delete(call);
      this.#unblock(call);
      const outcome = peekOutcome(future);
      if (peek(future) !== FutureStateCode.Finished) this.#fail(call, outcome, fn);
      else this.#finish(call, outcome, fn);
    };
    if (future.done()) settled();
    else addWaiter(future, { futureDone: settled });
  }

  #finish(call: number, value: unknown, fn: NamedFunction): void {
    try {
      this.#target.post({
        kind: 'settled',
        call,
        outcome: { kind: 'value', value: toMessage(value) },
      });
    } catch (cause) {
      this.#fail(call, unsendableArguments([value], fn.name, cause, [], this.#channel), fn);
    }
  }

  #fail(call: number, error: unknown, fn: NamedFunction): void {
    const outcome: NestedOutcome = {
      kind: 'error',
      error: packError(error, this.#worker, fn.name, this.#channel),
    };
    this.#target.post({ kind: 'settled', call, outcome });
  }
}
