/**
 * The parent's side of a pool of threads: calls into shared memory, outcomes out of it.
 *
 *     accept -> slot or backlog -> queue … worker … notice -> settle -> the future is done, the slot free
 *
 * Calls that find no slot, no room for their arguments, or others waiting already, are held in this
 * thread and follow in order as slots become free; there is no bound on how many.
 */
import { betweenThreads } from '../codec/channel.ts';
import { cloneUnlessBound } from '../codec/clone.ts';
import { type MessageValue, toMessage } from '../codec/message.ts';
import { snapshot } from '../codec/snapshot.ts';
import { unsendableArguments } from '../codec/unsendable.ts';
import type { CallOutcome, DeathError } from '../executor/backend.ts';
import { initializerCall } from '../executor/initializer-call.ts';
import type { Pool } from '../executor/pool.ts';
import type { PoolSettings } from '../executor/pool-options.ts';
import { type CallKind, PoolTransport, UNSENT } from '../executor/pool-transport.ts';
import type { PoolWorker } from '../executor/pool-worker.ts';
import { READY, STARTING } from '../executor/worker-state.ts';
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
  Place,
  Word,
} from './layout.ts';
import { shared, SharedArguments } from './message-arguments.ts';
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
  /** Arguments of calls in slots that all workers have as messages. */
  readonly #sharedArguments = new SharedArguments();
  /** The workers of calls in slots that only they can run: lost with them, if they die before they begin them. */
  readonly #directed = new Map<number, Lane>();
  /** Arguments of calls in slots that are moved to the worker that asks for them. */
  readonly #kept = new Map<number, HeldCall>();
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
    if (this.#kept.size > 0) this.#directKept();
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
      else if (put === Put.NoRoom || !this.#placeOther(future, slot, fn, args, transfer))
        return false;
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

  /** For arguments that have no place in the slot or the ring as they are; see message-arguments.ts. */
  #placeOther(
    future: Future<unknown>,
    slot: number,
    fn: number,
    args: unknown[],
    transfer: readonly object[] | undefined,
  ): boolean {
    const clone = transfer === undefined ? cloneUnlessBound(args) : undefined;
    if (clone !== undefined) {
      const put = this.#memory.putClone(slot, clone);
      if (put === Put.NoRoom) return false;
      if (put === Put.Written) this.#publish(slot);
      else this.#postToAll(slot, { bytes: shared(clone) });
    } else if (!this.#postToOne(slot, args, transfer)) {
      const kept = snapshot(args, transfer, taskOf(future) ?? '');
      if (transfer === undefined) this.#postToAll(slot, { args: toMessage(kept.args) });
      else {
        this.#kept.set(slot, { future, fn, ...kept });
        this.#memory.putPlace(slot, Place.Kept);
        this.#publish(slot);
      }
    }
    return true;
  }

  #postToAll(slot: number, content: { args: MessageValue } | { bytes: Uint8Array }): void {
    this.#memory.putPlace(slot, Place.Message);
    const entry = this.#states.publish(slot);
    try {
      this.#sharedArguments.post(slot, { kind: 'arguments', entry, ...content }, this.#lanes);
    } catch (error) {
      this.#states.withdraw(slot);
      throw error;
    }
    this.#append(entry);
  }

  /** Arguments that are cloned once, or moved, go to the worker that will run the call. @returns false if none is sure to. */
  #postToOne(slot: number, args: unknown[], transfer: readonly object[] | undefined): boolean {
    const idle = this.#lanes.find((each) => this.#parking.reserve(each.index));
    const lane = idle ?? (transfer === undefined ? undefined : this.#onlyCandidate(slot));
    if (lane === undefined) return false;
    this.#memory.putPlace(slot, Place.Message);
    const entry = this.#states.publish(slot);
    try {
      const message = { kind: 'arguments', entry, args: toMessage(args), directed: true } as const;
      lane.thread.send(message, transfer);
    } catch (error) {
      this.#states.withdraw(slot);
      if (idle !== undefined) this.#parking.release(idle.index);
      throw error;
    }
    this.#directed.set(slot, lane);
    this.#cold = true;
    // Others may have relied on this worker to look at the queue.
    if (this.#parking.needsWaking()) this.#parking.wakeOne();
    return true;
  }

  /**
   * The worker that can be given what only one can have, although none is asleep; undefined if any may be free first.
   * One that is starting, if it was not given such a call already. One that is about to be idle. The only one.
   */
  #onlyCandidate(slot: number): Lane | undefined {
    const { maxWorkers, maxTasksPerChild } = this.pool.settings;
    // One that is not asleep may be with its last call, and would take this one along.
    if (maxTasksPerChild > 0) return undefined;
    const taken = new Set(this.#directed.values());
    const isFree = (lane: Lane): boolean => lane.worker.state === STARTING && !taken.has(lane);
    const starting = this.#lanes.find(isFree);
    if (starting !== undefined) return starting;
    return maxWorkers === 1 ? this.#lanes[0] : this.#almostIdle(slot, taken);
  }

  /** A worker that has nothing in its hands and nothing to claim, and has not gone to sleep yet. */
  #almostIdle(slot: number, taken: ReadonlySet<Lane>): Lane | undefined {
    if (this.#slots.size > this.#lanes.length || this.#held.size > 0) return undefined;
    const owners = new Set<number>();
    for (const [other] of this.#slots.occupied()) {
      const word = this.#states.load(other);
      if (stateOf(word) === PENDING && !this.#directed.has(other)) return undefined;
      if (other !== slot && stateOf(word) !== PENDING) owners.add(ownerOf(word));
    }
    return this.#lanes.find(
      (lane) => lane.worker.state === READY && !owners.has(lane.index) && !taken.has(lane),
    );
  }

  /** A worker may have been started for a call whose arguments had to be kept: it can have them at once. */
  #directKept(): void {
    for (const [slot, { args, transfer }] of this.#kept) {
      if (this.#onlyCandidate(slot) === undefined || !this.#states.withdraw(slot)) return;
      this.#kept.delete(slot);
      this.#postToOne(slot, args, transfer);
    }
  }

  #vacate(slot: number): void {
    this.#states.release(slot);
    if (this.#kept.size > 0) this.#kept.delete(slot);
    if (this.#directed.size > 0) this.#directed.delete(slot);
    this.#sharedArguments.forget(slot);
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
    if ((notice & Notice.SendArguments) !== 0) this.#sendKept(lane, slot);
    else if (!messagesLag || !this.#isLate(lane, slot)) this.#settle(lane, slot);
  }

  #sendKept(lane: Lane, slot: number): void {
    const kept = this.#kept.get(slot);
    if (kept === undefined || !this.#kept.delete(slot)) return;
    const entry = this.#states.entryOf(slot);
    lane.thread.send({ kind: 'arguments', entry, args: toMessage(kept.args) }, kept.transfer);
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
        }),
    );
    this.#lanes.push(lane);
    this.#sharedArguments.postAll(lane);
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
      else if (owned || (state === PENDING && this.#directed.get(slot) === lane)) {
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
