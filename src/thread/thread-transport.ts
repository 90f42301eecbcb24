/**
 * The parent's side of a pool of threads: puts calls into shared memory, and takes outcomes out of it.
 *
 *     accept -> slot or backlog -> queue … worker … notice -> settle -> the future is done, the slot free
 *
 * A call that finds no slot, no room for its arguments, or others waiting, stays in the backlog of this thread. The
 * backlog keeps the order; slots that become free take its calls. It has no bound.
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
import { failFuture, finishFuture, type Future, setCallHandle, taskOf } from '../future/future.ts';
import type { FunctionEntry } from '../protocol/messages.ts';
import { ClaimQueue } from './claim-queue.ts';
import { type WaitingCall, Backlog } from './backlog.ts';
import { ParentLoop, type ParentWork } from './parent-loop.ts';
import { ThreadMember, messagesLag } from './thread-member.ts';
import {
  CAPTURED,
  CHUNK,
  Departure,
  WorkerWord,
  layoutFor,
  MAX_WORKERS,
  Notice,
  NOTICE_SLOT,
  Word,
} from './layout.ts';
import { MessageArguments } from './message-arguments.ts';
import { type SlotOutcome, readSlotOutcome } from './slot-outcome.ts';
import { ParentMemory, Put } from './parent-memory.ts';
import { Parking } from './parking.ts';
import { ownerOf, slotOf, SlotState, SlotStates, stateOf } from './slot-state.ts';
import { SlotTable } from './slot-table.ts';
import { type SharedMemory, ThreadHandle, type ThreadOptions } from './thread-handle.ts';

/** Number of submits between two looks at the progress of the queue. A power of two. */
const SUBMITS_PER_LOOK = 256;

/** Retiring workers may still be leaving when their successors exist; each needs memory of its own until it is gone. */
function lanesFor({ maxWorkers, maxTasksPerChild }: PoolSettings): number {
  return maxTasksPerChild === 0 ? maxWorkers : Math.min(MAX_WORKERS, 2 * maxWorkers);
}

export class ThreadTransport extends PoolTransport implements ParentWork {
  readonly mostWorkers: number;
  readonly #options: ThreadOptions;
  readonly #shared: SharedMemory;
  readonly #words: Int32Array;
  readonly #states: SlotStates;
  readonly #queue: ClaimQueue;
  readonly #parking: Parking;
  readonly #memory: ParentMemory;
  readonly #loop: ParentLoop;
  readonly #slots = new SlotTable();
  /** The existing workers. */
  readonly #members: ThreadMember[] = [];
  /** Arguments that can't lie in shared memory. */
  readonly #messages: MessageArguments;
  readonly #backlog = new Backlog();
  #submits = 0;
  /** True if a worker had to be woken for the last call. */
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
    this.#loop = new ParentLoop(words, this);
    this.#messages = new MessageArguments({
      members: this.#members,
      states: this.#states,
      memory: this.#memory,
      parking: this.#parking,
      append: (entry) => this.#append(entry),
      woken: () => {
        this.#cold = true;
      },
    });
  }

  // PoolTransport: the way of a submitted call.

  protected override announce(entry: FunctionEntry): void {
    for (const member of this.#members) member.thread.send({ kind: 'function', entry });
  }

  /** Writes a call, or keeps it in the backlog until there is room. */
  protected override accept(
    future: Future<unknown>,
    { id }: FunctionEntry,
    args: unknown[],
    { isChunk, isCaptured }: CallKind,
    transfer: readonly object[] | undefined,
  ): void {
    const fn = id | (isChunk ? CHUNK : 0) | (isCaptured ? CAPTURED : 0);
    if (this.#backlog.size === 0 && this.#put(future, fn, args, transfer)) return;
    this.#backlog.add({ future, fn, ...snapshot(args, transfer, taskOf(future) ?? '') });
    Atomics.store(this.#words, Word.Backlog, 1);
  }

  protected override accepted(): void {
    this.#loop.kick(this.#cold);
    this.#cold = false;
  }

  /** @returns false if there is no room now. */
  #put(
    future: Future<unknown>,
    fn: number,
    args: unknown[],
    transfer: readonly object[] | undefined,
  ): boolean {
    if (this.#slots.isFull || !this.#queue.hasRoom()) return false;
    const slot = this.#slots.next();
    // Before the arguments are read, because a getter among them may submit a call of its own.
    this.#slots.occupy(slot, future);
    let taken = false;
    try {
      const put =
        transfer === undefined
          ? this.#memory.putCall(slot, fn, args)
          : this.#memory.putFunction(slot, fn);
      if (put === Put.Written) this.#publish(slot);
      else if (put === Put.NoRoom) return false;
      else if (!this.#messages.put(slot, args, transfer, taskOf(future) ?? '')) return false;
      taken = true;
    } finally {
      if (!taken) this.#vacate(slot);
    }
    setCallHandle(future, slot);
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

  /** Moves calls of the backlog into slots that have become free. */
  #refill(): void {
    if (this.#backlog.takeOff((call) => this.#putWaiting(call)))
      Atomics.store(this.#words, Word.Backlog, 0);
  }

  /** @returns false if there is no room yet. */
  #putWaiting({ future, fn, args, transfer }: WaitingCall): boolean {
    try {
      return this.#put(future, fn, args, transfer.length === 0 ? undefined : transfer);
    } catch (error) {
      this.pool.left('failed');
      failFuture(future, unsendableArguments(args, taskOf(future) ?? '', error, transfer));
      return true;
    }
  }

  // ParentWork: called by the loop in this thread's turns.

  isBusy(): boolean {
    return !this.#slots.isEmpty || this.#backlog.size > 0;
  }

  hasNotice(): boolean {
    for (const member of this.#members) if (member.notices.hasNotice()) return true;
    return false;
  }

  beforeSleep(): void {
    if (!this.#queue.isEmpty()) this.#parking.wakeOne();
  }

  deliver(): void {
    for (const member of this.#members) while (member.thread.deliver());
  }

  lookAround(): void {
    for (const member of this.#members.toReversed()) member.thread.lookForEnd();
    this.pool.lookAt(performance.now());
  }

  drain(): boolean {
    let some = false;
    for (const member of this.#members) {
      while (member.notices.hasNotice()) {
        some = true;
        this.#take(member, member.notices.take());
      }
    }
    if (this.#backlog.size > 0) this.#refill();
    return some;
  }

  #take(member: ThreadMember, notice: number): void {
    const slot = notice & NOTICE_SLOT;
    if ((notice & Notice.SendArguments) !== 0) this.#messages.sendKept(member, slot);
    else if (!messagesLag || !this.#isLate(member, slot)) this.#settle(member, slot);
  }

  #isLate(member: ThreadMember, slot: number): boolean {
    const entry = this.#states.entryOf(slot);
    return this.#memory.isLate(slot, entry, member, () => this.#settle(member, slot));
  }

  #settle(member: ThreadMember, slot: number): void {
    const future = this.#slots.futureIn(slot);
    if (future === undefined) return;
    const { failed, value } = this.#vacateWithOutcome(member, slot, future);
    if (failed) failFuture(future, value);
    else finishFuture(future, value);
  }

  /** {@link #settle} in two steps: takes the outcome now; the function returned settles the future. */
  #takeOutcome(member: ThreadMember, slot: number): () => void {
    const future = this.#slots.futureIn(slot);
    if (future === undefined) return () => {};
    const { failed, value } = this.#vacateWithOutcome(member, slot, future);
    return () => (failed ? failFuture(future, value) : finishFuture(future, value));
  }

  #vacateWithOutcome(member: ThreadMember, slot: number, future: Future<unknown>): SlotOutcome {
    // The captured output came by message, before the notice.
    if (this.#memory.isCaptured(slot)) this.deliver();
    const entry = this.#states.entryOf(slot);
    const outcome = readSlotOutcome(this.#memory, slot, entry, member, taskOf(future));
    this.#vacate(slot);
    this.leave(future, member.worker, outcome.failed ? 'failed' : 'completed');
    return outcome;
  }

  // CallController: questions of a future.

  override withdraw(
    future: Future<unknown>,
    handle: number,
    as: CallOutcome = 'cancelled',
  ): boolean {
    if (handle >= 0) {
      if (!this.#states.withdraw(handle)) return false;
      this.#memory.dropArguments(handle);
      this.#vacate(handle);
    } else if (!this.#backlog.remove(future)) return false;
    setCallHandle(future, UNSENT);
    this.pool.left(as);
    return true;
  }

  override begun(handle: number): boolean {
    if (handle < 0) return false;
    const state = stateOf(this.#states.load(handle));
    return state === SlotState.Running || state === SlotState.Done;
  }

  protected override runnerOf(handle: number): string | undefined {
    return this.#memberAt(ownerOf(this.#states.load(handle)))?.worker.name;
  }

  override block(future: Future<unknown>, timeout: number): void {
    this.#loop.block(() => future.done(), timeout);
  }

  // Backend: decisions of the pool.

  override catchUp(): void {
    this.drain();
  }

  override start(worker: PoolWorker): ThreadHandle {
    const { settings } = this.pool;
    const start = {
      memory: this.#shared.memory,
      workers: this.mostWorkers,
      index: worker.index,
      name: worker.name,
      functions: this.functions.entries(),
      initializer: initializerCall(settings, true),
      maxTasks: settings.maxTasksPerChild,
      importTimeout: settings.startTimeout,
    };
    const member = new ThreadMember(
      worker,
      this.#shared,
      (owner) =>
        new ThreadHandle(worker, start, this.#options, this.#shared, {
          outcome: (entry, value) => owner.keepOutcome(entry, value),
          futureOf: (entry) => this.#futureOf(entry, owner),
          isRunning: () => this.#isRunning(owner),
        }),
    );
    this.#members.push(member);
    this.#messages.started(member);
    return member.thread;
  }

  /** The call that a worker names, if the worker has it. */
  #futureOf(entry: number, member: ThreadMember): Future<unknown> | undefined {
    const slot = slotOf(entry);
    const isItsOwn = ownerOf(this.#states.load(slot)) === member.index;
    return isItsOwn && this.#states.entryOf(slot) === entry
      ? this.#slots.futureIn(slot)
      : undefined;
  }

  #isRunning({ index }: ThreadMember): boolean {
    for (const [slot] of this.#slots.occupied()) {
      const word = this.#states.load(slot);
      if (stateOf(word) === SlotState.Running && ownerOf(word) === index) return true;
    }
    return false;
  }

  #memberAt(index: number): ThreadMember | undefined {
    return this.#members.find((member) => member.index === index);
  }

  override recover(worker: PoolWorker, error: DeathError): () => void {
    const member = this.#members.find((each) => each.worker === worker);
    if (member === undefined) return () => {};
    const settlements: (() => void)[] = [];
    while (member.notices.hasNotice()) {
      const notice = member.notices.take();
      // The dead worker does not need the arguments it requested.
      if ((notice & Notice.SendArguments) !== 0) continue;
      settlements.push(this.#takeOutcome(member, notice & NOTICE_SLOT));
    }
    this.#members.splice(this.#members.indexOf(member), 1);
    member.forgetLate();
    const lost: Future<unknown>[] = [];
    for (const [slot, future] of this.#slots.occupied()) {
      const word = this.#states.load(slot);
      const state = stateOf(word);
      const owned =
        (state === SlotState.Running || state === SlotState.Done) && ownerOf(word) === member.index;
      // It died before the last step: the outcome is written, the notice is not.
      if (owned && state === SlotState.Done) settlements.push(this.#takeOutcome(member, slot));
      else if (owned || (state === SlotState.Pending && this.#messages.isDirected(slot, member))) {
        this.#memory.dropArguments(slot);
        this.#vacate(slot);
        lost.push(future);
      }
    }
    settlements.push(...this.lose(lost, worker, error));
    this.#clear(member);
    this.#loop.kick(false);
    return () => {
      for (const settle of settlements) settle();
    };
  }

  /** Clears the words of an index, as if it had never had a worker. */
  #clear({ index }: ThreadMember): void {
    const words = this.#shared.layout.workerWords(index);
    Atomics.store(this.#words, words + WorkerWord.Departing, Departure.None);
    Atomics.store(this.#words, words + WorkerWord.ThreadId, 0);
    this.#parking.clear(index);
  }

  protected override pending(): Future<unknown>[] {
    const isPending = (slot: number): boolean =>
      stateOf(this.#states.load(slot)) === SlotState.Pending;
    return [...this.#slots.futures(isPending), ...this.#backlog.futures()];
  }

  override end(): void {
    this.#loop.end();
  }
}
