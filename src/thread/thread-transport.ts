/**
 * The parent's side of a pool of threads: calls into shared memory, outcomes out of it.
 *
 *     accept -> slot or backlog -> queue … worker … notice -> settle -> the future is done, the slot free
 *
 * Calls that find no slot, no room for their arguments, or others waiting already, are held in this
 * thread and follow in order as slots become free; there is no bound on how many.
 */
import { betweenThreads } from '../codec/channel.ts';
import { snapshot } from '../codec/snapshot.ts';
import { unsendableArguments } from '../codec/unsendable.ts';
import type { CallOutcome, DeathError } from '../executor/backend.ts';
import { initializerCall } from '../executor/initializer-call.ts';
import type { Pool } from '../executor/pool.ts';
import type { PoolSettings } from '../executor/pool-options.ts';
import { type CallKind, PoolTransport, UNSENT } from '../executor/pool-transport.ts';
import type { PoolWorker } from '../executor/pool-worker.ts';
import { failFuture, finishFuture, type Future, setTicket, taskOf } from '../future/future.ts';
import type { FunctionEntry } from '../protocol/messages.ts';
import { ClaimQueue } from './claim-queue.ts';
import { type HeldCall, HeldCalls } from './held-calls.ts';
import { HostLoop, type HostWork } from './host-loop.ts';
import { Lane, messagesLag } from './lane.ts';
import {
  CAPTURED,
  CHUNK,
  Departure,
  LaneWord,
  layoutFor,
  MAX_LANES,
  Notice,
  NOTICE_SLOT,
  Word,
} from './layout.ts';
import { MessageArguments } from './message-arguments.ts';
import { type Outcome, readOutcome } from './outcome-reader.ts';
import { ParentMemory, Put } from './parent-memory.ts';
import { Parking } from './parking.ts';
import { DONE, ownerOf, PENDING, RUNNING, SlotStates, slotOf, stateOf } from './slot-state.ts';
import { SlotTable } from './slot-table.ts';
import { type SharedMemory, ThreadHandle, type ThreadOptions } from './thread-handle.ts';

/** How many submits there are between two looks at whether the queue moves. A power of two. */
const SUBMITS_PER_LOOK = 256;

/** Workers that retire may still be leaving when their successors are there, and have memory of their own until they are gone. */
function lanesFor({ maxWorkers, maxTasksPerChild }: PoolSettings): number {
  return maxTasksPerChild === 0 ? maxWorkers : Math.min(MAX_LANES, 2 * maxWorkers);
}

export class ThreadTransport extends PoolTransport implements HostWork {
  readonly mostWorkers: number;
  readonly #options: ThreadOptions;
  readonly #shared: SharedMemory;
  readonly #words: Int32Array;
  readonly #states: SlotStates;
  readonly #queue: ClaimQueue;
  readonly #parking: Parking;
  readonly #memory: ParentMemory;
  readonly #loop: HostLoop;
  readonly #slots = new SlotTable();
  /** The lanes that have a worker. */
  readonly #lanes: Lane[] = [];
  /** Arguments that have no place in shared memory. */
  readonly #messages: MessageArguments;
  readonly #held = new HeldCalls();
  #submits = 0;
  /** Whether a worker had to be woken for the last call. */
  #cold = false;

  constructor(pool: Pool, options: ThreadOptions) {
    super(pool, true, betweenThreads);
    this.mostWorkers = lanesFor(pool.settings);
    const layout = layoutFor(this.mostWorkers);
    const memory = new SharedArrayBuffer(layout.bytes);
    const words = new Int32Array(memory);
    this.#options = options;
    this.#words = words;
    this.#states = new SlotStates(words, layout);
    this.#queue = new ClaimQueue(words, layout, this.#states);
    this.#parking = new Parking(words, layout, this.#queue, this.mostWorkers);
    this.#shared = { memory, words, layout, parking: this.#parking };
    this.#memory = new ParentMemory(memory, words, layout);
    this.#loop = new HostLoop(words, this);
    this.#messages = new MessageArguments({
      lanes: this.#lanes,
      states: this.#states,
      memory: this.#memory,
      parking: this.#parking,
      append: (entry) => this.#append(entry),
      woken: () => {
        this.#cold = true;
      },
    });
  }

  // PoolTransport: what becomes of a call that was submitted.

  protected override announce(entry: FunctionEntry): void {
    for (const lane of this.#lanes) lane.thread.send({ kind: 'function', entry });
  }

  /** Writes a call down, or keeps it until there is room. */
  protected override accept(
    future: Future<unknown>,
    { id }: FunctionEntry,
    args: unknown[],
    { isChunk, isCaptured }: CallKind,
    transfer: readonly object[] | undefined,
  ): void {
    const fn = id | (isChunk ? CHUNK : 0) | (isCaptured ? CAPTURED : 0);
    if (this.#held.size === 0 && this.#place(future, fn, args, transfer)) return;
    this.#held.add({ future, fn, ...snapshot(args, transfer, taskOf(future) ?? '') });
    Atomics.store(this.#words, Word.Backlog, 1);
  }

  protected override accepted(): void {
    this.#loop.kick(this.#cold);
    this.#cold = false;
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
      const put =
        transfer === undefined
          ? this.#memory.putCall(slot, fn, args)
          : this.#memory.putFunction(slot, fn);
      if (put === Put.Written) this.#publish(slot);
      else if (put === Put.NoRoom) return false;
      else if (!this.#messages.place(slot, args, transfer, taskOf(future) ?? '')) return false;
      taken = true;
    } finally {
      if (!taken) this.#vacate(slot);
    }
    setTicket(future, slot);
    return true;
  }

  #publish(slot: number): void {
    this.#append(this.#states.publish(slot));
  }

  #append(entry: number): void {
    this.#queue.append(entry);
    if (this.#parking.needsWaking()) this.#cold = this.#parking.wakeOne() || this.#cold;
    else if ((++this.#submits & (SUBMITS_PER_LOOK - 1)) === 0) this.#parking.wakeIfStuck();
  }

  #vacate(slot: number): void {
    this.#states.release(slot);
    this.#messages.forget(slot);
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
      this.pool.left('failed');
      failFuture(future, unsendableArguments(args, taskOf(future) ?? '', error, transfer));
      return true;
    }
  }

  // HostWork: what the loop does when it is this thread's turn.

  isBusy(): boolean {
    return !this.#slots.isEmpty || this.#held.size > 0;
  }

  hasNotice(): boolean {
    for (const lane of this.#lanes) if (lane.notices.hasNotice()) return true;
    return false;
  }

  beforeSleep(): void {
    if (!this.#queue.isEmpty()) this.#parking.wakeOne();
  }

  deliver(): void {
    for (const lane of this.#lanes) while (lane.thread.deliver());
  }

  lookAround(): void {
    for (const lane of this.#lanes.toReversed()) lane.thread.lookForEnd();
    this.pool.lookAt(performance.now());
  }

  drain(): boolean {
    let some = false;
    for (const lane of this.#lanes) {
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
    if ((notice & Notice.SendArguments) !== 0) this.#messages.sendKept(lane, slot);
    else if (!messagesLag || !this.#isLate(lane, slot)) this.#settle(lane, slot);
  }

  #isLate(lane: Lane, slot: number): boolean {
    const entry = this.#states.entryOf(slot);
    return this.#memory.isLate(slot, entry, lane, () => this.#settle(lane, slot));
  }

  #settle(lane: Lane, slot: number): void {
    const future = this.#slots.futureIn(slot);
    if (future === undefined) return;
    const { failed, value } = this.#vacateWithOutcome(lane, slot, future);
    if (failed) failFuture(future, value);
    else finishFuture(future, value);
  }

  /** {@link #settle} in two steps: takes the outcome now; the function returned tells the future. */
  #takeOutcome(lane: Lane, slot: number): () => void {
    const future = this.#slots.futureIn(slot);
    if (future === undefined) return () => {};
    const { failed, value } = this.#vacateWithOutcome(lane, slot, future);
    return () => (failed ? failFuture(future, value) : finishFuture(future, value));
  }

  #vacateWithOutcome(lane: Lane, slot: number, future: Future<unknown>): Outcome {
    // What it has written came by message, before its notice.
    if (this.#memory.isCaptured(slot)) this.deliver();
    const entry = this.#states.entryOf(slot);
    const outcome = readOutcome(this.#memory, slot, entry, lane, taskOf(future));
    this.#vacate(slot);
    this.leave(future, lane.worker, outcome.failed ? 'failed' : 'completed');
    return outcome;
  }

  // FutureDriver: what a future asks.

  override withdraw(
    future: Future<unknown>,
    ticket: number,
    as: CallOutcome = 'cancelled',
  ): boolean {
    if (ticket >= 0) {
      if (!this.#states.withdraw(ticket)) return false;
      this.#memory.dropArguments(ticket);
      this.#vacate(ticket);
    } else if (!this.#held.remove(future)) return false;
    setTicket(future, UNSENT);
    this.pool.left(as);
    return true;
  }

  override begun(ticket: number): boolean {
    if (ticket < 0) return false;
    const state = stateOf(this.#states.load(ticket));
    return state === RUNNING || state === DONE;
  }

  protected override runnerOf(ticket: number): string | undefined {
    return this.#laneAt(ownerOf(this.#states.load(ticket)))?.worker.name;
  }

  override block(future: Future<unknown>, timeout: number): void {
    this.#loop.block(() => future.done(), timeout);
  }

  // Backend: what the pool decides.

  override catchUp(): void {
    this.drain();
  }

  override start(worker: PoolWorker): ThreadHandle {
    const { settings } = this.pool;
    const start = {
      memory: this.#shared.memory,
      lanes: this.mostWorkers,
      lane: worker.index,
      name: worker.name,
      functions: this.functions.entries(),
      initializer: initializerCall(settings, true),
      maxTasks: settings.maxTasksPerChild,
      importTimeout: settings.startTimeout,
    };
    const lane = new Lane(
      worker,
      this.#shared,
      (owner) =>
        new ThreadHandle(worker, start, this.#options, this.#shared, {
          outcome: (entry, value) => owner.keepOutcome(entry, value),
          futureOf: (entry) => this.#futureOf(entry, owner),
          isRunning: () => this.#isRunning(owner),
        }),
    );
    this.#lanes.push(lane);
    this.#messages.started(lane);
    return lane.thread;
  }

  /** The call that a worker speaks of, if it has it. */
  #futureOf(entry: number, lane: Lane): Future<unknown> | undefined {
    const slot = slotOf(entry);
    const isItsOwn = ownerOf(this.#states.load(slot)) === lane.index;
    return isItsOwn && this.#states.entryOf(slot) === entry
      ? this.#slots.futureIn(slot)
      : undefined;
  }

  #isRunning({ index }: Lane): boolean {
    for (const [slot] of this.#slots.occupied()) {
      const word = this.#states.load(slot);
      if (stateOf(word) === RUNNING && ownerOf(word) === index) return true;
    }
    return false;
  }

  #laneAt(index: number): Lane | undefined {
    return this.#lanes.find((lane) => lane.index === index);
  }

  override recover(worker: PoolWorker, error: DeathError): () => void {
    const lane = this.#lanes.find((each) => each.worker === worker);
    if (lane === undefined) return () => {};
    const settlements: (() => void)[] = [];
    while (lane.notices.hasNotice()) {
      const notice = lane.notices.take();
      // What it asked for it will not use.
      if ((notice & Notice.SendArguments) !== 0) continue;
      settlements.push(this.#takeOutcome(lane, notice & NOTICE_SLOT));
    }
    this.#lanes.splice(this.#lanes.indexOf(lane), 1);
    lane.forgetLate();
    const lost: Future<unknown>[] = [];
    for (const [slot, future] of this.#slots.occupied()) {
      const word = this.#states.load(slot);
      const state = stateOf(word);
      const owned = (state === RUNNING || state === DONE) && ownerOf(word) === lane.index;
      // It died after its last step but one: the outcome is there, only the notice is not.
      if (owned && state === DONE) settlements.push(this.#takeOutcome(lane, slot));
      else if (owned || (state === PENDING && this.#messages.isDirected(slot, lane))) {
        this.#memory.dropArguments(slot);
        this.#vacate(slot);
        lost.push(future);
      }
    }
    settlements.push(...this.lose(lost, worker, error));
    this.#clear(lane);
    this.#loop.kick(false);
    return () => {
      for (const settle of settlements) settle();
    };
  }

  /** The lane is as if it had never had a worker. */
  #clear({ index }: Lane): void {
    const words = this.#shared.layout.laneWords(index);
    Atomics.store(this.#words, words + LaneWord.Departing, Departure.None);
    Atomics.store(this.#words, words + LaneWord.ThreadId, 0);
    this.#parking.clear(index);
  }

  protected override pending(): Future<unknown>[] {
    const isPending = (slot: number): boolean => stateOf(this.#states.load(slot)) === PENDING;
    return [...this.#slots.futures(isPending), ...this.#held.futures()];
  }

  override end(): void {
    this.#loop.end();
  }
}
