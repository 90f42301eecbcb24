/**
 * The caller's side of a pool of processes: turns futures and values into calls as bytes, and outcomes back into
 * values.
 *
 *     accept -> frame -> dispatcher … worker … -> frame -> outcome -> the future is done
 *
 * Arguments are written at `submit`; later changes by the caller do not show in the worker. A future's call handle is
 * the number of its call.
 *
 * The dispatcher identifies workers by numbers that are never used again, so a late message of a dead worker has no
 * recipient here.
 */
import { fileURLToPath } from 'node:url';
import { betweenProcesses } from '../codec/process-channel.ts';
import { SHAPE_REGION_BYTES, ShapeWriter } from '../codec/shapes.ts';
import { DeadlockError, PicklingError, type WorkerDeath } from '../errors.ts';
import type { CallOutcome, DeathError, WorkerHandle } from '../executor/backend.ts';
import { initializerCall } from '../executor/initializer-call.ts';
import { KeepAlive } from '../executor/keep-alive.ts';
import type { Pool } from '../executor/pool.ts';
import { type CallKind, PoolTransport, UNSENT } from '../executor/pool-transport.ts';
import type { PoolWorker } from '../executor/pool-worker.ts';
import { failFuture, finishFuture, type Future, setCallHandle, taskOf } from '../future/future.ts';
import type { Frame } from '../protocol/frame.ts';
import type { FunctionEntry } from '../protocol/messages.ts';
import type { FromProcess } from '../protocol/process-messages.ts';
import { Call } from './call.ts';
import type { Dispatch, DispatchEvents } from './dispatch.ts';
import { Dispatcher } from './dispatcher.ts';
import { Flag, FrameKind } from './frame-layout.ts';
import { FrameWriter, type WrittenFrame } from './frame-writer.ts';
import { ManagedDispatcher } from './managed-dispatcher.ts';
import { FrameOutcomes } from './frame-outcomes.ts';
import type { ProcessOptions } from './process-handle.ts';

const script = fileURLToPath(new URL('../process/process-entry.cjs', import.meta.url));

/** The pool's worker, and the rest of the data about it besides its calls. */
interface Member {
  readonly id: number;
  readonly worker: PoolWorker;
  readonly outcomes: FrameOutcomes;
  /** The calls that were lost with its death. */
  lost: readonly Call<Future<unknown>>[];
}

export class ProcessTransport extends PoolTransport {
  readonly mostWorkers = Infinity;
  readonly #dispatcher: Dispatch<Future<unknown>>;
  readonly #writer: FrameWriter;
  readonly #keepAlive = new KeepAlive();
  readonly #members = new Map<number, Member>();
  #lastMember = 0;

  /** @param managed - true if the dispatcher runs in a thread of its own. */
  constructor(pool: Pool, options: ProcessOptions, managed: boolean) {
    super(pool, false, betweenProcesses);
    const { maxWorkers, maxTasksPerChild } = pool.settings;
    // Shared, because a manager in another thread reads it.
    const shapes = new Uint8Array(new SharedArrayBuffer(SHAPE_REGION_BYTES));
    this.#writer = new FrameWriter(new ShapeWriter(new DataView(shapes.buffer)));
    const settings = { maxWorkers, maxTasksPerChild, options, shapes, entry: script };
    const events: DispatchEvents<Future<unknown>> = {
      outcome: (id, call, frame) => this.#settle(id, call, frame),
      shapes: (id, frame) => this.#members.get(id)?.outcomes.learn(frame),
      message: (id, message) => this.#receive(id, message),
      leaving: (id) => this.#members.get(id)?.worker.leave(),
      emptied: (id) => this.#members.get(id)?.worker.emptied(),
      exited: (id, death, cause, leaving, lost) => this.#exited(id, death, cause, leaving, lost),
    };
    this.#dispatcher = managed
      ? new ManagedDispatcher(settings, events)
      : new Dispatcher(settings, events);
  }

  // PoolTransport: the way of a submitted call.

  protected override announce(entry: FunctionEntry): void {
    this.#dispatcher.announce(entry);
  }

  protected override accept(
    future: Future<unknown>,
    entry: FunctionEntry,
    args: unknown[],
    { isChunk, isCaptured }: CallKind,
    transfer: readonly object[] | undefined,
  ): void {
    const flags = (isChunk ? Flag.Chunk : 0) | (isCaptured ? Flag.Captured : 0);
    const { calls } = this.#dispatcher;
    const id = calls.reserve();
    try {
      const frame = this.#frame(id, entry, args, flags, transfer);
      setCallHandle(future, id);
      this.#dispatcher.add(new Call(id, entry.id, frame, future));
    } catch (error) {
      calls.delete(id);
      setCallHandle(future, UNSENT);
      throw error;
    }
    this.#keepAlive.hold();
  }

  protected override accepted(): void {
    // The dispatcher has the call, and the event loop brings its outcome.
  }

  #frame(
    id: number,
    { id: fn, name: task }: FunctionEntry,
    args: unknown[],
    flags: number,
    transfer: readonly object[] | undefined,
  ): WrittenFrame {
    if (transfer === undefined)
      return this.#writer.put(FrameKind.Call, flags, id, fn, args, true, false);
    checkMovable(transfer, task);
    // First written, then moved, so that a refused call leaves its buffers where they are.
    const { page, start, end, attached } = this.#writer.put(
      FrameKind.Call,
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

  // Events of the dispatcher.

  #receive(id: number, message: FromProcess): void {
    const answer = (yes: boolean): void => this.#dispatcher.tell(id, { kind: 'answer', yes });
    this.#members.get(id)?.worker.receive(message, answer);
  }

  #settle(id: number, call: Call<Future<unknown>>, frame: Frame): void {
    const { owner: future } = call;
    this.#writer.recycle(call.attached);
    const member = this.#members.get(id);
    if (member === undefined) return;
    const { outcomes, worker } = member;
    const failed = outcomes.read(frame, taskOf(future));
    const value = outcomes.takeValue();
    this.leave(future, worker, failed ? 'failed' : 'completed');
    if (failed) failFuture(future, value);
    else finishFuture(future, value);
  }

  #exited(
    id: number,
    death: WorkerDeath,
    cause: unknown,
    leaving: boolean,
    lost: readonly Call<Future<unknown>>[],
  ): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    member.lost = lost;
    if (cause !== undefined) member.worker.recordCause(cause);
    // A leaving worker without calls had to end, with any effect of its exit handlers.
    member.worker.exited(death, leaving && lost.length === 0);
  }

  protected override leave(future: Future<unknown>, worker: PoolWorker, how: CallOutcome): void {
    if (this.#dispatcher.calls.size === 0) this.#keepAlive.release();
    super.leave(future, worker, how);
  }

  // CallController: questions of a future.

  override withdraw(
    future: Future<unknown>,
    handle: number,
    as: CallOutcome = 'cancelled',
  ): boolean {
    if (!this.#dispatcher.withdraw(handle)) return false;
    if (this.#dispatcher.calls.size === 0) this.#keepAlive.release();
    setCallHandle(future, UNSENT);
    this.pool.left(as);
    return true;
  }

  override begun(handle: number): boolean {
    return handle > 0 && this.#dispatcher.hasBegun(handle);
  }

  protected override runnerOf(handle: number): string | undefined {
    return this.#members.get(this.#dispatcher.workerOf(handle) ?? 0)?.worker.name;
  }

  override block(future: Future<unknown>, timeout: number): void {
    const blocked = this.#dispatcher.block(
      () => future.done(),
      timeout,
      () => this.pool.lookAt(performance.now()),
    );
    if (blocked) return;
    throw new DeadlockError(
      `Blocking on ${taskOf(future) ?? 'a call'} could never end: its outcome reaches this process through the event loop ` +
        "that would be blocked. Await it instead, or make the executor with { manager: 'thread' }.",
    );
  }

  // Backend: decisions of the pool.

  override start(worker: PoolWorker): WorkerHandle {
    const { settings } = this.pool;
    const id = ++this.#lastMember;
    const initializer = initializerCall(settings, false);
    this.#members.set(id, { id, worker, outcomes: new FrameOutcomes(), lost: [] });
    try {
      this.#dispatcher.spawn(id, {
        name: worker.name,
        initializer,
        // The dispatcher counts the calls.
        maxTasks: 0,
        importTimeout: settings.startTimeout,
      });
    } catch (error) {
      this.#members.delete(id);
      throw error;
    }
    return this.#handle(id);
  }

  #handle(id: number): WorkerHandle {
    const dispatcher = this.#dispatcher;
    return {
      close: () => dispatcher.close(id),
      terminate: (signal = 'SIGKILL') => dispatcher.kill(id, signal),
      post: (message) => dispatcher.tell(id, message),
      futureOf: (call) => dispatcher.calls.get(call)?.owner,
      isIdle: () => dispatcher.isIdle(id),
      // A worker that is to end is given no call from the moment of that decision.
      isRunning: () => false,
      setWaiting: (calls, blocked) => dispatcher.setWaiting(id, calls, blocked),
      get lastWords() {
        return dispatcher.lastWords(id);
      },
    };
  }

  override recover(worker: PoolWorker, error: DeathError): () => void {
    let lost: readonly Call<Future<unknown>>[] = [];
    for (const member of this.#members.values()) {
      if (member.worker !== worker) continue;
      ({ lost } = member);
      this.#members.delete(member.id);
    }
    const futures = lost.map(({ owner }) => owner);
    const settlements = this.lose(futures, worker, error);
    return () => {
      for (const settle of settlements) settle();
    };
  }

  protected override pending(): Future<unknown>[] {
    return this.#dispatcher.pending().map(({ owner }) => owner);
  }

  override end(): void {
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
