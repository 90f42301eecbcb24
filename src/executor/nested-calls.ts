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
import { addWaiter, type Future, peek, peekOutcome, workerOf } from '../future/future.ts';
import { FINISHED } from '../future/future-state.ts';
import {
  type NamedFunction,
  type NestedOutcome,
  type NestedRequest,
  type ToWorker,
} from '../protocol/messages.ts';
import { unsendableArguments } from '../codec/unsendable.ts';

export interface NestedCallsTarget {
  /** Takes a call for the pool; throws if it takes none. */
  submit(fn: NamedFunction, args: unknown[]): Future<unknown>;
  shutdown(cancelFutures: boolean): void;
  /** Posts to the worker, and wakes it if it is blocked. */
  post(message: ToWorker): void;
  /** The worker's tasks wait for so many calls, or soon will: it takes others meanwhile, unless one of them blocks it. */
  setWaiting(calls: number, blocked: boolean): void;
  /** Whether what its task blocks on can never be done. */
  isDeadlocked(): boolean;
}

export class NestedCalls {
  readonly #channel: Channel;
  readonly #worker: string;
  readonly #target: NestedCallsTarget;
  readonly #calls = new Map<number, Future<unknown>>();
  /** What its tasks block on: more than one if a callback that runs while one blocks does so, too. The last goes first. */
  #blocks: readonly { readonly call: number; readonly forever: boolean }[] = [];
  #isSubmitting = false;
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

  /** Whether none is under way. */
  get isEmpty(): boolean {
    return this.#calls.size === 0;
  }

  /** Whether its tasks may come to block on a call: on one that is under way, or is being submitted at this moment. */
  get mayBlock(): boolean {
    return this.#isSubmitting || !this.isEmpty;
  }

  /** Whether a task blocks the worker on a call of the pool until that is done. */
  get isBlocked(): boolean {
    return this.#blocks.at(-1)?.forever === true;
  }

  /** The worker that has begun the call which the task blocks on; undefined if none has. */
  get runner(): string | undefined {
    const last = this.#blocks.at(-1);
    const future = last === undefined ? undefined : this.#calls.get(last.call);
    return future === undefined ? undefined : workerOf(future);
  }

  /** Nobody could carry out what the task blocks on: it is told so. */
  breakDeadlock(): void {
    const last = this.#blocks.at(-1);
    if (last === undefined) return;
    this.#unblock(last.call);
    this.#target.post({ kind: 'deadlock', call: last.call });
  }

  /** @returns whether that could never end. Otherwise the worker is blocked from now on. */
  #block(call: number, forever: boolean): boolean {
    // Done, and its outcome is on the way.
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
