/**
 * The parent's end of `own-pool.ts`: calls that tasks submit to the pool that runs them.
 *
 * One per worker. What the worker asks arrives as a message; what becomes of its calls goes back as
 * one. A worker that is blocked meanwhile is woken by its mail word.
 */
import { packError } from '../codec/error-envelope.ts';
import { addWaiter, type Future, peek, peekOutcome } from '../future/future.ts';
import { FINISHED } from '../future/future-state.ts';
import {
  Answer,
  type FunctionReference,
  type RelayedOutcome,
  type RelayedRequest,
  type ToWorker,
} from '../protocol/messages.ts';
import { unsendable } from './snapshot.ts';

export interface RelayTarget {
  /** Takes a call for the pool; throws if it takes none. */
  submit(fn: FunctionReference, args: unknown[]): Future<unknown>;
  shutdown(cancelFutures: boolean): void;
  /** Posts to the worker, and wakes it if it is blocked. */
  post(message: ToWorker): void;
  /** Whether every worker there may be is blocked on a call of this pool that is not done. */
  allBlocked(): boolean;
}

export class RelayHost {
  readonly #worker: string;
  readonly #target: RelayTarget;
  readonly #calls = new Map<number, Future<unknown>>();
  #blockedOn: number | undefined = undefined;

  constructor(worker: string, target: RelayTarget) {
    this.#worker = worker;
    this.#target = target;
  }

  receive(request: RelayedRequest): void {
    switch (request.kind) {
      case 'submit':
        this.#submit(request.call, request.fn, request.args);
        break;
      case 'cancel': {
        const future = this.#calls.get(request.call);
        // Settled and unknown here means that the outcome is on its way there.
        answer(request.answer, future?.cancel() ?? false);
        break;
      }
      case 'block':
        this.#blockedOn = request.call;
        answer(request.answer, this.#target.allBlocked());
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

  #submit(call: number, fn: FunctionReference, args: unknown[]): void {
    let future: Future<unknown>;
    try {
      future = this.#target.submit(fn, args);
    } catch (error) {
      this.#fail(call, error, fn);
      return;
    }
    this.#calls.set(call, future);
    const settled = (): void => {
      this.#calls.delete(call);
      const outcome = peekOutcome(future);
      if (peek(future) !== FINISHED) this.#fail(call, outcome, fn);
      else this.#finish(call, outcome, fn);
    };
    if (future.done()) settled();
    else addWaiter(future, { futureDone: settled });
  }

  #finish(call: number, value: unknown, fn: FunctionReference): void {
    try {
      this.#target.post({ kind: 'settled', call, outcome: { kind: 'value', value } });
    } catch (cause) {
      this.#fail(call, unsendable([value], fn.path.join('.'), cause), fn);
    }
  }

  #fail(call: number, error: unknown, fn: FunctionReference): void {
    const outcome: RelayedOutcome = {
      kind: 'error',
      error: packError(error, this.#worker, fn.path.join('.')),
    };
    this.#target.post({ kind: 'settled', call, outcome });
  }
}

function answer(word: Int32Array, yes: boolean): void {
  Atomics.store(word, 0, yes ? Answer.Yes : Answer.No);
  Atomics.notify(word, 0);
}
