/**
 * The parent's end of `own-pool.ts`: calls that tasks submit to the pool that runs them.
 *
 * One per worker. What the worker asks arrives as a message; what becomes of its calls goes back as
 * one. A worker that is blocked meanwhile is woken for it.
 */
import { betweenThreads, type Channel } from '../codec/channel.ts';
import { packError } from '../codec/error-envelope.ts';
import { fromMessage, toMessage } from '../codec/message.ts';
import { addWaiter, type Future, peek, peekOutcome } from '../future/future.ts';
import { FINISHED } from '../future/future-state.ts';
import {
  type NamedFunction,
  type RelayedOutcome,
  type RelayedRequest,
  type Settled,
} from '../protocol/messages.ts';
import { unsendableArguments } from '../codec/unsendable.ts';

export interface RelayTarget {
  /** Takes a call for the pool; throws if it takes none. */
  submit(fn: NamedFunction, args: unknown[]): Future<unknown>;
  shutdown(cancelFutures: boolean): void;
  /** Posts to the worker, and wakes it if it is blocked. */
  post(message: Settled): void;
  /** The worker's tasks wait for so many calls, or soon will: it takes others meanwhile. */
  waiting?(calls: number): void;
  /** Whether every worker there may be is blocked on a call of this pool that is not done. */
  allBlocked(): boolean;
}

export class RelayHost {
  readonly #channel: Channel;
  readonly #worker: string;
  readonly #target: RelayTarget;
  readonly #calls = new Map<number, Future<unknown>>();
  #blockedOn: number | undefined = undefined;

  /** @param channel - on which outcomes get to the worker. */
  constructor(worker: string, target: RelayTarget, channel: Channel = betweenThreads) {
    this.#channel = channel;
    this.#worker = worker;
    this.#target = target;
  }

  /** @param answer - tells the worker, which is blocked until then, if the request is a question. */
  receive(request: RelayedRequest, answer: (yes: boolean) => void): void {
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

  /** Whether the call that the worker last blocked on is still under way. */
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
    this.#target.waiting?.(this.#calls.size);
    const settled = (): void => {
      this.#calls.delete(call);
      this.#target.waiting?.(this.#calls.size);
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
    const outcome: RelayedOutcome = {
      kind: 'error',
      error: packError(error, this.#worker, fn.name, this.#channel),
    };
    this.#target.post({ kind: 'settled', call, outcome });
  }
}
