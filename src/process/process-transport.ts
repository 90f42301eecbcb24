/**
 * The caller's side of a pool of processes: futures and values on one side, calls as bytes on the other.
 *
 *     send -> frame -> dispatcher … worker … -> frame -> outcome -> the future is done
 *
 * Arguments are written down at the moment of `submit`; what the caller does with them afterwards does
 * not show in the worker.
 *
 * A future's ticket is the number of its call; or, once it is over, DONE_BY minus the lane of the
 * worker that ran it.
 */
import { fileURLToPath } from 'node:url';
import { betweenProcesses } from '../codec/process-channel.ts';
import { SHAPE_REGION_BYTES, ShapeWriter } from '../codec/shapes.ts';
import { checkTransfer } from '../codec/snapshot.ts';
import { DeadlockError, PicklingError, type WorkerDeath } from '../errors.ts';
import type { CallOutcome } from '../executor/backend.ts';
import { type CallOptions, noOptions } from '../executor/call-options.ts';
import { KeepAlive } from '../executor/keep-alive.ts';
import type { Pool } from '../executor/pool.ts';
import type { Transport } from '../executor/pool-executor.ts';
import { beginOutput } from '../future/captured-output.ts';
import type { FutureDriver } from '../future/driver.ts';
import {
  driveFuture,
  failFuture,
  finishFuture,
  type Future,
  setTicket,
  taskOf,
} from '../future/future.ts';
import {
  type Callee,
  explainFailure,
  FunctionRegistry,
  type NumberedCall,
} from '../functions/function-registry.ts';
import type { FunctionEntry } from '../protocol/messages.ts';
import { Call } from './call.ts';
import type { Dispatch, DispatchEvents } from './dispatch.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Frame } from '../protocol/frame.ts';
import { Flag, Kind } from './frame.ts';
import { FrameWriter, type WrittenFrame } from './frame-writer.ts';
import { ManagedDispatcher } from './managed-dispatcher.ts';
import { ProcessCrew } from './process-crew.ts';
import type { ProcessOptions } from './process-handle.ts';

const script = fileURLToPath(new URL('../process/process-entry.cjs', import.meta.url));

const REFUSED = -1;
const DONE_BY = -2;

export class ProcessTransport implements Transport, FutureDriver {
  readonly #pool: Pool;
  readonly #dispatcher: Dispatch<Future<unknown>>;
  readonly functions: FunctionRegistry;
  readonly #writer: FrameWriter;
  readonly crew: ProcessCrew;
  readonly #keepAlive = new KeepAlive();

  /** @param managed - whether calls are handed out by a thread of their own. */
  constructor(pool: Pool, options: ProcessOptions, managed: boolean) {
    const { maxWorkers, maxTasksPerChild } = pool.settings;
    // Shared, because a manager in another thread reads what is written here.
    const shapes = new Uint8Array(new SharedArrayBuffer(SHAPE_REGION_BYTES));
    this.#pool = pool;
    this.#writer = new FrameWriter(new ShapeWriter(new DataView(shapes.buffer)));
    const settings = { maxWorkers, maxTasksPerChild, options, shapes, entry: script };
    const events: DispatchEvents<Future<unknown>> = {
      outcome: (lane, call, frame) => this.#settle(lane, call, frame),
      shapes: (lane, frame) => this.crew.find(lane)?.outcomes.learn(frame),
      message: (lane, message) => this.crew.hear(lane, message),
      leaving: (lane) => pool.leaving(lane),
      exited: (lane, death, cause, leaving, lost) =>
        this.#exited(lane, death, cause, leaving, lost),
    };
    this.#dispatcher = managed
      ? new ManagedDispatcher(settings, events)
      : new Dispatcher(settings, events);
    this.crew = new ProcessCrew(pool, this.#dispatcher, {
      submit: (fn, args) => {
        pool.admit();
        return this.send(fn, args, false, noOptions);
      },
    });
    this.functions = new FunctionRegistry((entry) => this.#dispatcher.announce(entry), {
      policy: pool.settings.functions,
      shares: false,
    });
  }

  send(callee: Callee, given: unknown[], chunk: boolean, options: CallOptions): Future<unknown> {
    const { transfer, captureOutput } = options;
    let entry = this.functions.known(callee);
    let args = given;
    if (entry === undefined) {
      try {
        ({ entry, args } = this.functions.prepare(callee, given, transfer));
      } catch (error) {
        return this.#refuse(driveFuture(this, REFUSED, undefined), error);
      }
    }
    const id = this.#dispatcher.calls.reserve();
    const future = driveFuture(this, id, entry.name);
    const flags = (chunk ? Flag.Chunk : 0) | (captureOutput === true ? Flag.Captured : 0);
    let call: Call<Future<unknown>>;
    try {
      call = this.#write(id, { entry, args }, future, flags, transfer);
    } catch (error) {
      const failed = { callee, entry, args };
      try {
        const again = this.functions.again(failed, error, transfer);
        call = this.#write(id, again, future, flags, transfer);
      } catch (second) {
        this.#dispatcher.calls.delete(id);
        const failure = explainFailure(failed, error, second, transfer, betweenProcesses);
        return this.#refuse(future, failure);
      }
    }
    if (captureOutput === true) beginOutput(future);
    this.#keepAlive.hold();
    this.#dispatcher.add(call);
    this.#pool.entered();
    return future;
  }

  #write(
    id: number,
    { entry, args }: NumberedCall,
    future: Future<unknown>,
    flags: number,
    transfer: readonly object[] | undefined,
  ): Call<Future<unknown>> {
    const frame = this.#frame(id, entry, args, flags, transfer);
    return new Call(id, entry.id, frame, future);
  }

  #frame(
    id: number,
    { id: fn, name: task }: FunctionEntry,
    args: unknown[],
    flags: number,
    transfer: readonly object[] | undefined,
  ): WrittenFrame {
    if (transfer === undefined)
      return this.#writer.put(Kind.Call, flags, id, fn, args, true, false);
    checkTransfer(transfer, task);
    checkMovable(transfer, task);
    // Written first and moved then, so that the buffers of a call that is refused stay where they are.
    const { page, start, end, attached } = this.#writer.put(
      Kind.Call,
      flags,
      id,
      fn,
      args,
      true,
      true,
    );
    const moved = structuredClone(transfer, { transfer: transfer as ArrayBuffer[] });
    const buffers = attached.map((each) => {
      const index = transfer.indexOf(each.buffer);
      return index < 0 ? each.slice() : new Uint8Array(moved[index] as ArrayBuffer);
    });
    return { page, start, end, attached: buffers };
  }

  #refuse(future: Future<unknown>, error: unknown): Future<unknown> {
    this.#pool.refused();
    failFuture(future, error);
    return future;
  }

  // What the dispatcher tells.

  #settle(lane: number, call: Call<Future<unknown>>, frame: Frame): void {
    const { owner: future } = call;
    this.#writer.recycle(call.attached);
    const outcomes = this.crew.find(lane)?.outcomes;
    if (outcomes === undefined) return;
    const failed = outcomes.read(frame, taskOf(future));
    const value = outcomes.takeValue();
    this.#leave(future, lane, failed ? 'failed' : 'completed');
    if (failed) failFuture(future, value);
    else finishFuture(future, value);
  }

  #exited(
    lane: number,
    death: WorkerDeath,
    cause: unknown,
    leaving: boolean,
    lost: readonly Call<Future<unknown>>[],
  ): void {
    const worker = this.crew.find(lane);
    if (worker === undefined) return;
    worker.lost = lost;
    this.#pool.exited(lane, death, cause, leaving && lost.length === 0 && death.exitCode === 0);
  }

  /** The call is over; its future remembers who ran it. */
  #leave(future: Future<unknown>, lane: number, how: CallOutcome): void {
    if (this.#dispatcher.calls.size === 0) this.#keepAlive.release();
    setTicket(future, DONE_BY - lane);
    this.#pool.left(how);
  }

  // FutureDriver: what a future asks.

  withdraw(future: Future<unknown>, ticket: number, as: CallOutcome = 'cancelled'): boolean {
    if (!this.#dispatcher.withdraw(ticket)) return false;
    if (this.#dispatcher.calls.size === 0) this.#keepAlive.release();
    setTicket(future, REFUSED);
    this.#pool.left(as);
    return true;
  }

  begun(ticket: number): boolean {
    return ticket > 0 && this.#dispatcher.hasBegun(ticket);
  }

  workerName(ticket: number): string | undefined {
    const prefix = this.#pool.settings.threadNamePrefix;
    if (ticket <= DONE_BY) return `${prefix}_${DONE_BY - ticket}`;
    return this.begun(ticket) ? `${prefix}_${this.#dispatcher.laneOf(ticket)}` : undefined;
  }

  block(future: Future<unknown>, timeout: number): void {
    if (this.#dispatcher.block(() => future.done(), timeout)) return;
    throw new DeadlockError(
      `Blocking on ${taskOf(future) ?? 'a call'} could never end: its outcome reaches this process through the event loop ` +
        "that would be blocked. Await it instead, or make the executor with { manager: 'thread' }.",
    );
  }

  // Backend: what the pool decides.

  isIdle(lane: number): boolean {
    return this.#dispatcher.isIdle(lane);
  }

  recover(lane: number, error: (task: string | undefined) => Error): () => void {
    const lost = this.crew.find(lane)?.lost ?? [];
    this.crew.remove(lane);
    const settlements: (() => void)[] = [];
    for (const { owner: future } of lost) {
      const failure = error(taskOf(future));
      this.#leave(future, lane, 'failed');
      settlements.push(() => failFuture(future, failure));
    }
    return () => {
      for (const each of settlements) each();
    };
  }

  cancelPending(): void {
    for (const { owner } of this.#dispatcher.pending()) owner.cancel();
  }

  failPending(error: (task: string | undefined) => Error): void {
    for (const { id, owner } of this.#dispatcher.pending()) {
      if (this.withdraw(owner, id, 'failed')) failFuture(owner, error(taskOf(owner)));
    }
  }

  pendingCalls(): number {
    return this.#dispatcher.pending().length;
  }

  end(): void {
    this.#keepAlive.end();
    this.#dispatcher.end();
  }
}

function checkMovable(transfer: readonly object[], task: string): void {
  const fixed = transfer.findIndex((each) => !(each instanceof ArrayBuffer));
  if (fixed < 0) return;
  throw new PicklingError(
    `transfer[${fixed}] of the call of ${task} can't be moved to another process, which only an ArrayBuffer can. ` +
      'Use a ThreadPoolExecutor, or send plain data.',
  );
}
