/**
 * The common part of the way of calls to the workers of a pool: finds the way of the function, tries again with packed
 * arguments if they can't be written, and fails calls that can't be sent. A subclass takes the call (`accept`) and
 * keeps it until it is over.
 *
 * A future's call handle is the position of its call: a number of the subclass from 0 on; UNSENT; or, after the end,
 * DONE_BY minus the index of the worker that ran it.
 */
import type { Channel } from '../codec/channel.ts';
import { checkTransfer } from '../codec/snapshot.ts';
import { beginOutput } from '../future/captured-output.ts';
import type { CallController } from '../future/call-controller.ts';
import {
  controlFuture,
  failFuture,
  type Future,
  setCallHandle,
  taskOf,
  callHandleOf,
} from '../future/future.ts';
import { type Callee, explainFailure, FunctionRegistry } from '../functions/function-registry.ts';
import type { FunctionEntry, NamedFunction } from '../protocol/messages.ts';
import type { CallOutcome, DeathError, WorkerHandle } from './backend.ts';
import { type CallOptions, noOptions } from './call-options.ts';
import type { Pool } from './pool.ts';
import type { Transport } from './pool-executor.ts';
import type { PoolWorker } from './pool-worker.ts';

export const UNSENT = -1;
const DONE_BY = -2;

/** The properties of a call for the worker, besides its function and arguments. */
export interface CallKind {
  readonly isChunk: boolean;
  readonly isCaptured: boolean;
}

export abstract class PoolTransport implements Transport, CallController {
  readonly functions: FunctionRegistry;
  protected readonly pool: Pool;
  readonly channel: Channel;
  abstract readonly mostWorkers: number;

  /**
   * @param shares - true if workers share this process's memory.
   * @param channel - the channel on which arguments travel.
   */
  constructor(pool: Pool, shares: boolean, channel: Channel) {
    this.pool = pool;
    this.channel = channel;
    this.functions = new FunctionRegistry((entry) => this.announce(entry), {
      policy: pool.settings.functions,
      shares,
    });
  }

  /** Tells the workers of a function's number, before any call of it. */
  protected abstract announce(entry: FunctionEntry): void;

  /** Takes a call and gives its future a call handle. @throws the error that prevents writing the arguments. */
  protected abstract accept(
    future: Future<unknown>,
    entry: FunctionEntry,
    args: unknown[],
    kind: CallKind,
    transfer: readonly object[] | undefined,
  ): void;

  /** A call was accepted, and the pool has counted it. */
  protected abstract accepted(): void;

  /** The name of the worker that runs the call with this handle. */
  protected abstract runnerOf(handle: number): string | undefined;

  send(callee: Callee, given: unknown[], chunk: boolean, options: CallOptions): Future<unknown> {
    const { transfer, captureOutput } = options;
    this.pool.entering();
    let entry = this.functions.known(callee);
    let args = given;
    if (entry === undefined) {
      try {
        ({ entry, args } = this.functions.prepare(callee, given, transfer));
      } catch (error) {
        return this.#refuse(controlFuture(this, UNSENT, undefined), error);
      }
    }
    const future = controlFuture(this, UNSENT, entry.name);
    const kind = kindOf(chunk, captureOutput === true);
    if (captureOutput === true) beginOutput(future);
    try {
      if (transfer !== undefined) checkTransfer(transfer, entry.name);
      this.accept(future, entry, args, kind, transfer);
    } catch (error) {
      const failed = { callee, entry, args };
      try {
        const again = this.functions.again(failed, error, transfer);
        this.accept(future, again.entry, again.args, kind, transfer);
      } catch (second) {
        const failure = explainFailure(failed, error, second, transfer, this.channel);
        return this.#refuse(future, failure);
      }
    }
    this.pool.entered();
    this.accepted();
    return future;
  }

  submit(fn: NamedFunction, args: unknown[]): Future<unknown> {
    return this.send(fn, args, false, noOptions);
  }

  #refuse(future: Future<unknown>, error: unknown): Future<unknown> {
    this.pool.left('failed');
    failFuture(future, error);
    return future;
  }

  /** The call is over; its future keeps the worker that ran it. */
  protected leave(future: Future<unknown>, worker: PoolWorker, how: CallOutcome): void {
    setCallHandle(future, DONE_BY - worker.index);
    this.pool.left(how);
  }

  /** Makes errors for the calls that were lost with a worker. @returns functions that settle their futures. */
  protected lose(
    lost: readonly Future<unknown>[],
    worker: PoolWorker,
    error: DeathError,
  ): (() => void)[] {
    return lost.map((future) => {
      const beside = lost.filter((each) => each !== future).map((each) => taskOf(each) ?? 'a call');
      const failure = error(taskOf(future), beside);
      this.leave(future, worker, 'failed');
      return () => failFuture(future, failure);
    });
  }

  workerName(handle: number): string | undefined {
    if (handle <= DONE_BY) return `${this.pool.settings.threadNamePrefix}_${DONE_BY - handle}`;
    return this.begun(handle) ? this.runnerOf(handle) : undefined;
  }

  cancelPending(): void {
    for (const future of this.pending()) future.cancel();
  }

  failPending(error: (task: string | undefined) => Error): void {
    for (const future of this.pending())
      if (this.withdraw(future, callHandleOf(future), 'failed'))
        failFuture(future, error(taskOf(future)));
  }

  pendingCalls(): number {
    return this.pending().length;
  }

  catchUp(): void {
    // A worker's messages come after its outcomes.
  }

  /** The futures of calls that have not begun. */
  protected abstract pending(): readonly Future<unknown>[];
  abstract withdraw(future: Future<unknown>, handle: number, as?: CallOutcome): boolean;
  abstract begun(handle: number): boolean;
  abstract block(future: Future<unknown>, timeout: number): void;
  abstract start(worker: PoolWorker): WorkerHandle;
  abstract recover(worker: PoolWorker, error: DeathError): () => void;
  abstract end(): void;
}

const plain: CallKind = { isChunk: false, isCaptured: false };

function kindOf(isChunk: boolean, isCaptured: boolean): CallKind {
  return isChunk || isCaptured ? { isChunk, isCaptured } : plain;
}
