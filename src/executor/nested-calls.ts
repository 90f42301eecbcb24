/**
 * Nested calls, on the parent's side: those that tasks submit to the pool that runs them (`own-pool.ts`).
 *
 * One object for each worker, and it ends with its worker: what becomes of the calls of a worker that is gone is told to
 * nobody. What the worker asks arrives as a message; what becomes of its calls goes back as one. A worker that is blocked
 * meanwhile is woken for it.
 */
import type { Channel } from '../codec/channel.ts';
import { packError } from '../codec/error-envelope.ts';
import { fromMessage, toMessage } from '../codec/message.ts';
import { addWaiter, type Future, peek, peekOutcome } from '../future/future.ts';
import { FINISHED } from '../future/future-state.ts';
import {
  type NamedFunction,
  type NestedOutcome,
  type NestedRequest,
  type Settled,
} from '../protocol/messages.ts';
import { unsendableArguments } from '../codec/unsendable.ts';

export interface NestedCallsTarget {
  /** Takes a call for the pool; throws if it takes none. */
  submit(fn: NamedFunction, args: unknown[]): Future<unknown>;
  shutdown(cancelFutures: boolean): void;
  /** Posts to the worker, and wakes it if it is blocked. */
  post(message: Settled): void;
  /** The worker's tasks wait for so many calls, or soon will: it takes others meanwhile. */
  setAwaited(calls: number): void;
  /** Whether every worker there may be is blocked on a call of this pool that is not done. */
  allBlocked(): boolean;
}

export class NestedCalls {
  readonly #channel: Channel;
  readonly #worker: string;
  readonly #target: NestedCallsTarget;
  readonly #calls = new Map<number, Future<unknown>>();
  #blockedOn: number | undefined = undefined;
  #isOver = false;

  /** @param channel - on which outcomes get to the worker. */
  constructor(worker: string, target: NestedCallsTarget, channel: Channel) {
    this.#channel = channel;
    this.#worker = worker;
    this.#target = target;
  }

  /** @param answer - tells the worker, which is blocked until then, if the request is a question. */
  receive(request: NestedRequest, answer: (yes: boolean) => void): void {
    switch (request.kind) {
      case 'submit':
        this.#submit(request.call, request.fn, fromMessage(request.args) as unknown[]);
        break;
      case 'cancel': {
        const future = this.#calls.get(request.call);
        // Settled and unknown here means that the outcome is on its way there.
        answer(future?.cancel() ?? false);
        break;
      }
      case 'block':
        this.#blockedOn = request.call;
        answer(this.#target.allBlocked());
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

  /** Whether the call that the worker last blocked on is still under way. */
  /** Whether none is under way. */
  get isEmpty(): boolean {
    return this.#calls.size === 0;
  }

  isWaiting(): boolean {
    return this.#blockedOn !== undefined && this.#calls.has(this.#blockedOn);
  }

  #submit(call: number, fn: NamedFunction, args: unknown[]): void {
    let future: Future<unknown>;
    try {
      future = this.#target.submit(fn, args);
    } catch (error) {
      this.#fail(call, error, fn);
      return;
    }
    this.#calls.set(call, future);
    this.#target.setAwaited(this.#calls.size);
    const settled = (): void => {
      if (this.#isOver) return;
      this.#calls.delete(call);
      this.#target.setAwaited(this.#calls.size);
      const outcome = peekOutcome(future);
      if (peek(future) !== FINISHED) this.#fail(call, outcome, fn);
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
