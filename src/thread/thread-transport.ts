/**
 * The parent's side of a pool of threads: calls into shared memory, outcomes out of it.
 *
 *     send -> slot or backlog -> queue … worker … notice -> settle -> the future is done, the slot free
 *
 * Calls that find no slot, no room for their arguments, or others waiting already, are held in this
 * thread and follow in order as slots become free; there is no bound on how many.
 *
 * A future's ticket tells where its call is: the number of its slot; HELD; or, once it is over,
 * DONE_BY minus the lane of the worker that ran it.
 */
import type { CallOutcome } from '../executor/backend.ts';
import { type CallOptions, noOptions } from '../executor/call-options.ts';
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
  ticketOf,
} from '../future/future.ts';
import { ClaimQueue } from './claim-queue.ts';
import { type Callee, explainFailure, FunctionRegistry } from '../functions/function-registry.ts';
import { type HeldCall, HeldCalls } from './held-calls.ts';
import { HostLoop, type HostWork } from './host-loop.ts';
import { type Lane, messagesLag } from './lane.ts';
import { CAPTURED, CHUNK, layoutFor, Notice, NOTICE_SLOT, Place, Word } from './layout.ts';
import { type Outcome, readOutcome } from './outcome-reader.ts';
import { ParentMemory } from './parent-memory.ts';
import { Parking } from './parking.ts';
import { SlotTable } from './slot-table.ts';
import { DONE, ownerOf, PENDING, RUNNING, SlotStates, stateOf } from './slot-state.ts';
import { toMessage } from '../codec/message.ts';
import { checkTransfer, snapshot } from '../codec/snapshot.ts';
import { unsendableArguments } from '../codec/unsendable.ts';
import { ThreadCrew } from './thread-crew.ts';
import type { ThreadOptions } from './thread-handle.ts';

const HELD = -1;
const DONE_BY = -2;
/** How many submits there are between two looks at whether the queue moves. A power of two. */
const SUBMITS_PER_LOOK = 256;

export class ThreadTransport implements Transport, FutureDriver, HostWork {
  readonly #pool: Pool;
  readonly #words: Int32Array;
  readonly #states: SlotStates;
  readonly #queue: ClaimQueue;
  readonly #parking: Parking;
  readonly #memory: ParentMemory;
  readonly crew: ThreadCrew;
  readonly functions: FunctionRegistry;
  readonly #loop: HostLoop;
  readonly #slots = new SlotTable();
  /** Arguments of calls in slots that can only travel as a message, until they are asked for. */
  readonly #parcels = new Map<number, HeldCall>();
  readonly #held = new HeldCalls();
  #submits = 0;

  constructor(pool: Pool, options: ThreadOptions) {
    const { maxWorkers } = pool.settings;
    const layout = layoutFor(maxWorkers);
    const memory = new SharedArrayBuffer(layout.bytes);
    const words = new Int32Array(memory);
    this.#pool = pool;
    this.#words = words;
    this.#states = new SlotStates(words, layout);
    this.#queue = new ClaimQueue(words, layout, this.#states);
    this.#parking = new Parking(words, layout, this.#queue, maxWorkers);
    this.#memory = new ParentMemory(memory, words, layout);
    this.crew = new ThreadCrew(
      pool,
      options,
      { memory, words, layout, parking: this.#parking },
      {
        submit: (fn, args) => {
          pool.admit();
          return this.send(fn, args, false, noOptions);
        },
        functions: () => this.functions.entries(),
        callIn: (slot) => this.#slots.futureIn(slot),
      },
    );
    this.functions = new FunctionRegistry((entry) => this.crew.announce(entry), {
      policy: pool.settings.functions,
      shares: true,
    });
    this.#loop = new HostLoop(words, this);
  }

  /** Takes a call. Everything that is wrong with it fails its future. */
  send(callee: Callee, given: unknown[], chunk: boolean, options: CallOptions): Future<unknown> {
    const { transfer, captureOutput } = options;
    let entry = this.functions.known(callee);
    let args = given;
    if (entry === undefined) {
      try {
        ({ entry, args } = this.functions.prepare(callee, given, transfer));
      } catch (error) {
        return this.#refuse(driveFuture(this, HELD, undefined), error);
      }
    }
    // A worker that has to be woken can be on its way while the call is written down.
    const cold = this.#parking.needsWaking() && this.#parking.wakeAny();
    const flags = (chunk ? CHUNK : 0) | (captureOutput === true ? CAPTURED : 0);
    const future = driveFuture(this, HELD, entry.name);
    if (captureOutput === true) beginOutput(future);
    try {
      if (transfer !== undefined) checkTransfer(transfer, entry.name);
      this.#accept(future, entry.id | flags, args, transfer);
    } catch (error) {
      const failed = { callee, entry, args };
      try {
        const again = this.functions.again(failed, error, transfer);
        this.#accept(future, again.entry.id | flags, again.args, transfer);
      } catch (second) {
        return this.#refuse(future, explainFailure(failed, error, second, transfer));
      }
    }
    this.#pool.entered();
    this.#loop.kick(cold);
    return future;
  }

  /** Writes a call down, or keeps it until there is room. */
  #accept(
    future: Future<unknown>,
    fn: number,
    args: unknown[],
    transfer: readonly object[] | undefined,
  ): void {
    if (this.#held.size === 0 && this.#place(future, fn, args, transfer)) return;
    this.#held.add({ future, fn, ...snapshot(args, transfer, taskOf(future) ?? '') });
    Atomics.store(this.#words, Word.Backlog, 1);
  }

  #refuse(future: Future<unknown>, error: unknown): Future<unknown> {
    this.#pool.refused();
    failFuture(future, error);
    return future;
  }

  /** @returns false if there is no room for it now. */
  #place(
    future: Future<unknown>,
    fn: number,
    args: unknown[],
    transfer: readonly object[] | undefined,
  ): boolean {
    if (this.#slots.isFull || !this.#queue.hasRoom()) return false;
    const slot = this.#slots.next();
    // Before its arguments are looked at, because a getter among them may submit a call of its own.
    this.#slots.occupy(slot, future);
    let taken = false;
    try {
      const place = this.#memory.putCall(slot, fn, args, transfer !== undefined);
      if (place === undefined) return false;
      if (place === Place.Message) {
        taken = this.#handOver(future, slot, args, transfer);
        if (taken) return true;
        this.#parcels.set(slot, { future, fn, ...snapshot(args, transfer, taskOf(future) ?? '') });
      }
      taken = true;
    } finally {
      if (!taken) this.#slots.vacate(slot);
    }
    setTicket(future, slot);
    this.#queue.append(slot);
    this.#wakeWorker();
    return true;
  }

  /**
   * Arguments that only a message can carry go straight to an idle worker, if there is one. They are
   * cloned once, and nobody has to ask for them.
   */
  #handOver(
    future: Future<unknown>,
    slot: number,
    args: unknown[],
    transfer: readonly object[] | undefined,
  ): boolean {
    for (const lane of this.crew.lanes) {
      if (!lane.ready || !this.#parking.reserve(lane.index)) continue;
      const entry = this.#states.publish(slot);
      try {
        lane.thread.post({ kind: 'arguments', slot, entry, args: toMessage(args) }, transfer);
      } catch (error) {
        this.#states.withdraw(slot);
        lane.thread.post({ kind: 'resume' });
        throw error;
      }
      lane.reservedFor = future;
      setTicket(future, slot);
      // Others may have relied on this worker to look at the queue.
      if (this.#parking.needsWaking()) this.#parking.wakeOne();
      return true;
    }
    return false;
  }

  #vacate(slot: number): void {
    this.#states.release(slot);
    this.#parcels.delete(slot);
    this.#slots.vacate(slot);
  }

  /** Calls that had to wait follow into slots that have become free. */
  #refill(): void {
    if (this.#held.takeOff((call) => this.#placeHeld(call)))
      Atomics.store(this.#words, Word.Backlog, 0);
  }

  /** @returns false if there is no room for it yet. */
  #placeHeld({ future, fn, args, transfer }: HeldCall): boolean {
    try {
      return this.#place(future, fn, args, transfer.length === 0 ? undefined : transfer);
    } catch (error) {
      this.#pool.left('failed');
      failFuture(future, unsendableArguments(args, taskOf(future) ?? '', error, transfer));
      return true;
    }
  }

  #wakeWorker(): void {
    if (this.#parking.needsWaking()) this.#parking.wakeOne();
    else if ((++this.#submits & (SUBMITS_PER_LOOK - 1)) === 0) this.#parking.wakeIfStuck();
  }

  // HostWork: what the loop does when it is this thread's turn.

  isBusy(): boolean {
    return !this.#slots.isEmpty || this.#held.size > 0;
  }

  hasNotice(): boolean {
    for (const lane of this.crew.lanes) if (lane.notices.hasNotice()) return true;
    return false;
  }

  beforeSleep(): void {
    if (!this.#queue.isEmpty()) this.#parking.wakeOne();
  }

  deliver(): void {
    this.crew.deliver();
  }

  drain(): boolean {
    let some = false;
    for (const lane of this.crew.lanes) {
      while (lane.notices.hasNotice()) {
        some = true;
        this.#take(lane, lane.notices.take());
      }
    }
    if (this.#held.size > 0) this.#refill();
    return some;
  }

  #take(lane: Lane, notice: number): void {
    const slot = notice & NOTICE_SLOT;
    if ((notice & Notice.SendArguments) !== 0) {
      const parcel = this.#parcels.get(slot);
      if (parcel === undefined || !this.#parcels.delete(slot)) return;
      const args = toMessage(parcel.args);
      lane.thread.post({ kind: 'arguments', slot, args }, parcel.transfer);
    } else if (!messagesLag || !this.#memory.isLate(slot, lane, this.#settle))
      this.#settle(lane, slot);
  }

  readonly #settle = (lane: Lane, slot: number): void => {
    const future = this.#slots.futureIn(slot);
    if (future === undefined) return;
    const { failed, value } = this.#vacateWithOutcome(lane, slot, future);
    if (failed) failFuture(future, value);
    else finishFuture(future, value);
  };

  /** {@link #settle} in two steps: takes the outcome now; the function returned tells the future. */
  #takeOutcome(lane: Lane, slot: number): () => void {
    const future = this.#slots.futureIn(slot);
    if (future === undefined) return () => {};
    const { failed, value } = this.#vacateWithOutcome(lane, slot, future);
    return () => (failed ? failFuture(future, value) : finishFuture(future, value));
  }

  #vacateWithOutcome(lane: Lane, slot: number, future: Future<unknown>): Outcome {
    // What it has written came by message, before its notice.
    if (this.#memory.isCaptured(slot)) this.crew.deliver();
    const outcome = readOutcome(this.#memory, slot, lane, taskOf(future));
    this.#leave(slot, future, lane, outcome.failed ? 'failed' : 'completed');
    return outcome;
  }

  /** The call is over; its future remembers who ran it. */
  #leave(slot: number, future: Future<unknown>, lane: Lane, how: CallOutcome): void {
    this.#vacate(slot);
    setTicket(future, DONE_BY - lane.index);
    this.#pool.left(how);
  }

  // FutureDriver: what a future asks.

  withdraw(future: Future<unknown>, ticket: number, as: CallOutcome = 'cancelled'): boolean {
    if (ticket >= 0) {
      if (!this.#states.withdraw(ticket)) return false;
      this.#memory.dropArguments(ticket);
      this.#vacate(ticket);
    } else if (!this.#held.remove(future)) return false;
    setTicket(future, HELD);
    this.#pool.left(as);
    return true;
  }

  begun(ticket: number): boolean {
    if (ticket < 0) return false;
    const state = stateOf(this.#states.load(ticket));
    return state === RUNNING || state === DONE;
  }

  workerName(ticket: number): string | undefined {
    const prefix = this.#pool.settings.threadNamePrefix;
    if (ticket <= DONE_BY) return `${prefix}_${DONE_BY - ticket}`;
    return this.begun(ticket) ? `${prefix}_${ownerOf(this.#states.load(ticket))}` : undefined;
  }

  block(future: Future<unknown>, timeout: number): void {
    this.#loop.block(
      () => future.done(),
      timeout,
      () => this.crew.buryTheDead(),
    );
  }

  // Backend: what the pool decides.

  isIdle(index: number): boolean {
    return this.#parking.isIdle(index);
  }

  recover(index: number, error: (task: string | undefined) => Error): () => void {
    const lane = this.crew.find(index);
    if (lane === undefined) return () => {};
    const settlements: (() => void)[] = [];
    while (lane.notices.hasNotice()) {
      const notice = lane.notices.take();
      // What it asked for it will not use.
      if ((notice & Notice.SendArguments) !== 0) continue;
      settlements.push(this.#takeOutcome(lane, notice & NOTICE_SLOT));
    }
    this.crew.remove(lane);
    for (const [slot, future] of this.#slots.occupied()) {
      const word = this.#states.load(slot);
      const state = stateOf(word);
      const owned = (state === RUNNING || state === DONE) && ownerOf(word) === index;
      // It died after its last step but one: the outcome is there, only the notice is not.
      if (owned && state === DONE) settlements.push(this.#takeOutcome(lane, slot));
      else if (owned || (state === PENDING && lane.reservedFor === future)) {
        const failure = error(taskOf(future));
        this.#memory.dropArguments(slot);
        this.#leave(slot, future, lane, 'failed');
        settlements.push(() => failFuture(future, failure));
      }
    }
    this.crew.clear(lane);
    this.#loop.kick(false);
    return () => {
      for (const settle of settlements) settle();
    };
  }

  cancelPending(): void {
    for (const future of this.#pending()) future.cancel();
  }

  failPending(error: (task: string | undefined) => Error): void {
    for (const future of this.#pending()) {
      if (this.withdraw(future, ticketOf(future), 'failed'))
        failFuture(future, error(taskOf(future)));
    }
  }

  pendingCalls(): number {
    return this.#pending().length;
  }

  #pending(): Future<unknown>[] {
    const isPending = (slot: number): boolean => stateOf(this.#states.load(slot)) === PENDING;
    return [...this.#slots.futures(isPending), ...this.#held.futures()];
  }

  end(): void {
    this.#loop.end();
  }
}
