/**
 * The parent's side of a pool of threads: calls into shared memory, outcomes out of it.
 *
 *     send -> slot or backlog -> queue … worker … notice -> #take -> future settles -> slot is free
 *
 * Calls that find no slot, no room for their arguments, or others waiting already, are held in this
 * thread and follow in order as slots become free; there is no bound on how many.
 *
 * A future's ticket tells where its call is: the number of its slot; HELD; or, once it is done,
 * DONE_BY minus the lane of the worker that ran it.
 */
import { type ErrorEnvelope, unpackError } from '../codec/error-envelope.ts';
import { SHAPE_REGION_BYTES, ShapeWriter } from '../codec/shapes.ts';
import { ValueReader } from '../codec/value-reader.ts';
import { UNSUPPORTED, ValueWriter, WRITTEN } from '../codec/value-writer.ts';
import { ExecutorError, PicklingError, type WorkerDeath } from '../errors.ts';
import type { Backend, CallOutcome } from '../executor/backend.ts';
import type { Pool } from '../executor/pool.ts';
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
import { referenceOf } from '../functions/task.ts';
import type {
  FunctionEntry,
  FunctionReference,
  ToParent,
  ToWorker,
  WorkerStart,
} from '../protocol/messages.ts';
import type { ItemOutcome } from '../executor/chunk.ts';
import { Fifo } from '../util/fifo.ts';
import type { PackedOutcome } from '../worker/run-chunk.ts';
import { ByteRing, releaseBlock } from './byte-ring.ts';
import { ClaimQueue } from './claim-queue.ts';
import { HostLoop, type HostWork } from './host-loop.ts';
import { Lane } from './lane.ts';
import {
  CHUNK,
  Departure,
  FAILED_OUTCOME,
  type Layout,
  layoutFor,
  LaneWord,
  Notice,
  NOTICE_SLOT,
  payloadEnd,
  payloadStart,
  Place,
  SLOTS,
  SlotWord,
  Word,
} from './layout.ts';
import { Parking, RunState } from './parking.ts';
import { RelayHost } from './relay-host.ts';
import { DONE, ownerOf, PENDING, RUNNING, SlotStates, stateOf } from './slot-state.ts';
import { snapshot, unsendable } from './snapshot.ts';
import { isThreadGone } from './system-thread.ts';
import type { ThreadCall } from './thread-call.ts';
import { ThreadHandle, type ThreadOptions } from './thread-handle.ts';

type AnyFunction = (...args: never[]) => unknown;

const HELD = -1;
const DONE_BY = -2;

export class ThreadTransport implements Backend, FutureDriver, HostWork {
  readonly #pool: Pool;
  readonly #options: ThreadOptions;
  readonly #memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #layout: Layout;
  readonly #states: SlotStates;
  readonly #queue: ClaimQueue;
  readonly #parking: Parking;
  readonly #reader: ValueReader;
  readonly #writer: ValueWriter;
  readonly #arguments: ByteRing;
  readonly #loop: HostLoop;
  readonly #lanes: Lane[] = [];
  readonly #functions = new Map<string, FunctionEntry>();
  /** By what stands for a function here: itself, or its reference; and the last one looked up. */
  readonly #entries = new WeakMap<object, FunctionEntry>();
  #lastCallee: object | undefined = undefined;
  #lastEntry: FunctionEntry | undefined = undefined;
  /** Slots that are free, the last used on top: its memory is still in the cache. */
  readonly #free: Int32Array = Int32Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i);
  #freeCount = SLOTS;
  #submits = 0;
  #headSeen = 0;
  readonly #inSlots: (Future<unknown> | undefined)[] = [];
  /** Arguments of calls in slots that can only travel as a message, until they are asked for. */
  readonly #parcels = new Map<number, ThreadCall>();
  readonly #held = new Fifo<Future<unknown>>();
  readonly #heldCalls = new Map<Future<unknown>, ThreadCall>();

  constructor(pool: Pool, options: ThreadOptions) {
    const lanes = pool.settings.maxWorkers;
    const layout = layoutFor(lanes);
    const memory = new SharedArrayBuffer(layout.bytes);
    const words = new Int32Array(memory);
    const shapes = new ShapeWriter(new DataView(memory, layout.shapes(-1), SHAPE_REGION_BYTES));
    this.#pool = pool;
    this.#options = options;
    this.#layout = layout;
    this.#memory = memory;
    this.#words = words;
    this.#states = new SlotStates(words, layout);
    this.#queue = new ClaimQueue(words, layout, this.#states);
    this.#parking = new Parking(words, layout, this.#queue, lanes);
    this.#writer = new ValueWriter(memory, shapes);
    this.#reader = new ValueReader(memory);
    this.#arguments = new ByteRing(words, layout.argumentRing);
    this.#loop = new HostLoop(words, this);
  }

  /** Takes a call. Everything that is wrong with it fails its future. */
  send(
    callee: AnyFunction | FunctionReference,
    args: unknown[],
    chunk: boolean,
    transfer: readonly object[] | undefined,
  ): Future<unknown> {
    let known: FunctionEntry;
    try {
      known = this.#announce(callee);
    } catch (error) {
      return this.#refuse(driveFuture(this, HELD, undefined), error);
    }
    const task = known.name;
    const fn = chunk ? known.id | CHUNK : known.id;
    const future = driveFuture(this, HELD, task);
    try {
      if (this.#held.length > 0 || !this.#place(future, fn, args, transfer, task)) {
        this.#hold({ future, fn, ...snapshot(args, transfer, task) });
      }
    } catch (error) {
      return this.#refuse(
        future,
        error instanceof ExecutorError ? error : unsendable(args, task, error),
      );
    }
    this.#pool.entered();
    this.#loop.kick();
    return future;
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
    task: string,
  ): boolean {
    if (this.#freeCount === 0 || !this.#queue.hasRoom()) return false;
    const slot = this.#free[this.#freeCount - 1] as number;
    const at = this.#layout.slotWords(slot);
    const place = transfer === undefined ? this.#writeArguments(at, args) : Place.Message;
    if (place === undefined) return false;
    this.#words[at + SlotWord.Function] = fn;
    this.#words[at + SlotWord.ArgsPlace] = place;
    if (place === Place.Message) {
      if (this.#handOver(future, slot, args, transfer)) return true;
      this.#parcels.set(slot, { future, fn, ...snapshot(args, transfer, task) });
    }
    this.#occupy(slot, future);
    this.#queue.append(slot);
    this.#wakeWorker();
    return true;
  }

  /** @returns where the arguments are now; undefined if they have to wait for room. */
  #writeArguments(at: number, args: unknown[]): number | undefined {
    if (args.length === 0) return Place.None;
    const writer = this.#writer;
    const status = writer.writeAll(args, payloadStart(at), payloadEnd(at));
    if (status === WRITTEN) return Place.Slot;
    if (status === UNSUPPORTED) return Place.Message;
    const payload = this.#arguments.write(writer, (start, limit) =>
      writer.writeAll(args, start, limit),
    );
    if (payload >= 0) {
      this.#words[at + SlotWord.ArgsOffset] = payload;
      this.#words[at + SlotWord.ArgsBlock] = this.#arguments.lastBlock;
      return Place.Ring;
    }
    return writer.status === UNSUPPORTED || this.#arguments.isEmpty() ? Place.Message : undefined;
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
    for (const lane of this.#lanes) {
      if (!lane.ready || !this.#parking.reserve(lane.index)) continue;
      const entry = this.#states.publish(slot);
      try {
        lane.thread.post({ kind: 'arguments', slot, entry, args }, transfer);
      } catch (error) {
        this.#states.withdraw(slot);
        lane.thread.post({ kind: 'resume' });
        throw error;
      }
      lane.reservedFor = future;
      this.#occupy(slot, future);
      return true;
    }
    return false;
  }

  #occupy(slot: number, future: Future<unknown>): void {
    this.#freeCount--;
    this.#inSlots[slot] = future;
    setTicket(future, slot);
  }

  #vacate(slot: number): void {
    this.#states.release(slot);
    this.#inSlots[slot] = undefined;
    this.#parcels.delete(slot);
    this.#free[this.#freeCount++] = slot;
  }

  /** For a call whose worker will not read its arguments, or may have died while it did. */
  #dropArguments(slot: number): void {
    const at = this.#layout.slotWords(slot);
    if (this.#words[at + SlotWord.ArgsPlace] !== Place.Ring) return;
    const block = this.#words[at + SlotWord.ArgsBlock] as number;
    this.#arguments.release(this.#words[at + SlotWord.ArgsOffset] as number, block);
  }

  #hold(call: ThreadCall): void {
    this.#held.push(call.future);
    this.#heldCalls.set(call.future, call);
    Atomics.store(this.#words, Word.Backlog, 1);
  }

  /** Calls that had to wait follow into slots that have become free. */
  #refill(): void {
    for (let future = this.#held.peek(); future !== undefined; future = this.#held.peek()) {
      const call = this.#heldCalls.get(future);
      if (call !== undefined && !this.#placeHeld(call)) return;
      this.#heldCalls.delete(future);
      this.#held.shift();
    }
    Atomics.store(this.#words, Word.Backlog, 0);
  }

  /** @returns false if there is no room for it yet. */
  #placeHeld({ future, fn, args, transfer }: ThreadCall): boolean {
    const task = taskOf(future) ?? '';
    try {
      return this.#place(future, fn, args, transfer.length === 0 ? undefined : transfer, task);
    } catch (error) {
      this.#pool.left('failed');
      failFuture(future, unsendable(args, task, error, transfer));
      return true;
    }
  }

  /** Sees to it that all workers know a function. @throws PicklingError if none could find it. */
  #announce(callee: AnyFunction | FunctionReference): FunctionEntry {
    if (callee === this.#lastCallee) return this.#lastEntry as FunctionEntry;
    let entry = this.#entries.get(callee);
    if (entry === undefined) {
      const { module, path } = typeof callee === 'function' ? referenceOf(callee) : callee;
      const name = path.join('.');
      const place = `${module}#${name}`;
      entry = this.#functions.get(place);
      if (entry === undefined) {
        entry = { id: this.#functions.size, name, module, path };
        this.#functions.set(place, entry);
        for (const lane of this.#lanes) lane.thread.post({ kind: 'function', entry });
      }
      this.#entries.set(callee, entry);
    }
    this.#lastCallee = callee;
    this.#lastEntry = entry;
    return entry;
  }

  #wakeWorker(): void {
    if (this.#parking.needsWaking()) this.#parking.wakeOne();
    else if ((++this.#submits & 63) === 0) this.#wakeIfStuck();
  }

  /** Some worker was taken for one that would look at the queue in a moment, and has not. */
  #wakeIfStuck(): void {
    const head = Atomics.load(this.#words, Word.Head);
    if (head === this.#headSeen) this.#parking.wakeOne();
    this.#headSeen = head;
  }

  // HostWork: what the loop does when it is this thread's turn.

  isBusy(): boolean {
    return this.#freeCount < SLOTS || this.#heldCalls.size > 0;
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

  drain(): boolean {
    let some = false;
    for (const lane of this.#lanes) {
      while (lane.notices.hasNotice()) {
        some = true;
        this.#take(lane, lane.notices.take());
      }
    }
    if (this.#held.length > 0) this.#refill();
    return some;
  }

  #take(lane: Lane, notice: number): void {
    const slot = notice & NOTICE_SLOT;
    if ((notice & Notice.SendArguments) === 0) this.#settle(lane, slot);
    else this.#sendArguments(lane, slot);
  }

  #sendArguments(lane: Lane, slot: number): void {
    const parcel = this.#parcels.get(slot);
    if (parcel === undefined) return;
    this.#parcels.delete(slot);
    lane.thread.post({ kind: 'arguments', slot, args: parcel.args }, parcel.transfer);
  }

  #settle(lane: Lane, slot: number): void {
    const future = this.#inSlots[slot];
    if (future === undefined) return;
    const at = this.#layout.slotWords(slot);
    let failed = ((this.#words[at + SlotWord.OutcomePlace] as number) & FAILED_OUTCOME) !== 0;
    let outcome: unknown;
    try {
      outcome = this.#readOutcome(lane, slot, at);
      if (failed) outcome = unpackError(outcome as ErrorEnvelope);
      else if (((this.#words[at + SlotWord.Function] as number) & CHUNK) !== 0)
        outcome = unpackChunk(outcome);
    } catch (error) {
      failed = true;
      outcome = error instanceof ExecutorError ? error : unreadable(future, error);
    }
    this.#leave(slot, future, lane.index);
    this.#pool.left(failed ? 'failed' : 'completed');
    if (failed) failFuture(future, outcome);
    else finishFuture(future, outcome);
  }

  #readOutcome(lane: Lane, slot: number, at: number): unknown {
    switch ((this.#words[at + SlotWord.OutcomePlace] as number) & ~FAILED_OUTCOME) {
      case Place.None:
        return undefined;
      case Place.Slot:
        return this.#reader.read(payloadStart(at), lane.shapes);
      case Place.Ring: {
        const payload = this.#words[at + SlotWord.OutcomeOffset] as number;
        try {
          return this.#reader.read(payload, lane.shapes);
        } finally {
          releaseBlock(this.#words, payload);
        }
      }
      default:
        return lane.takeOutcome(slot);
    }
  }

  /** The call is over for its slot; the future remembers who ran it. */
  #leave(slot: number, future: Future<unknown>, lane: number): void {
    this.#vacate(slot);
    setTicket(future, DONE_BY - lane);
  }

  // FutureDriver: what a future asks.

  withdraw(future: Future<unknown>, ticket: number, as: CallOutcome = 'cancelled'): boolean {
    if (ticket >= 0) {
      if (!this.#states.withdraw(ticket)) return false;
      this.#dropArguments(ticket);
      this.#vacate(ticket);
    } else if (!this.#heldCalls.delete(future)) return false;
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
    if (ticket <= DONE_BY) return this.#nameOf(DONE_BY - ticket);
    if (!this.begun(ticket)) return undefined;
    return this.#nameOf(ownerOf(this.#states.load(ticket)));
  }

  #nameOf(lane: number): string {
    return `${this.#pool.settings.threadNamePrefix}_${lane}`;
  }

  block(future: Future<unknown>, timeout: number): void {
    this.#loop.block(
      () => future.done(),
      timeout,
      () => this.#buryTheDead(),
    );
  }

  /** While this thread is blocked nobody tells it of a worker's end. */
  #buryTheDead(): void {
    for (const lane of this.#lanes.toReversed()) {
      const departing = this.#laneWord(lane.index, LaneWord.Departing) !== Departure.None;
      if (departing || isThreadGone(this.#laneWord(lane.index, LaneWord.ThreadId))) {
        const exitCode = departing
          ? { exitCode: this.#laneWord(lane.index, LaneWord.ExitCode) }
          : {};
        this.#exited(lane, exitCode);
      }
    }
  }

  #laneWord(lane: number, word: number): number {
    return Atomics.load(this.#words, this.#layout.laneWords(lane) + word);
  }

  // Backend: what the pool decides.

  spawn(index: number, name: string): void {
    const { settings } = this.#pool;
    const { initializer } = settings;
    const start: WorkerStart = {
      memory: this.#memory,
      maxWorkers: settings.maxWorkers,
      lane: index,
      name,
      functions: [...this.#functions.values()],
      initializer:
        initializer === undefined
          ? undefined
          : { fn: referenceOf(initializer.fn), args: initializer.args },
      maxTasks: settings.maxTasksPerChild,
      importTimeout: settings.startTimeout,
    };
    const thread = new ThreadHandle(start, this.#options, {
      message: (message) => this.#hear(lane, message),
      messageError: () => {},
      exited: (death) => this.#exited(lane, death),
    });
    const relay = new RelayHost(name, {
      submit: (fn, args) => {
        this.#pool.admit();
        return this.send(fn, args, false, undefined);
      },
      shutdown: (cancelFutures) => void this.#pool.shutdown({ wait: false, cancelFutures }),
      post: (message) => this.#postAndWake(lane, message),
      allBlocked: () => this.#allBlocked(),
    });
    const lane = new Lane(index, this.#memory, this.#words, this.#layout, thread, relay);
    this.#lanes.push(lane);
  }

  #hear(lane: Lane, message: ToParent): void {
    switch (message.kind) {
      case 'ready':
        lane.ready = true;
        this.#pool.ready(lane.index);
        break;
      case 'start-failed':
        this.#pool.startFailed(lane.index, unpackError(message.error));
        break;
      case 'dying':
        lane.thread.cause = unpackError(message.error);
        break;
      case 'request':
        lane.relay.receive(message.request);
        break;
      case 'outcome':
        lane.keepOutcome(message.slot, message.value);
        break;
      default:
        message satisfies never;
    }
  }

  #postAndWake(lane: Lane, message: ToWorker): void {
    lane.thread.post(message);
    const mail = this.#layout.laneWords(lane.index) + LaneWord.Mail;
    Atomics.add(this.#words, mail, 1);
    Atomics.notify(this.#words, mail);
  }

  #allBlocked(): boolean {
    const { length } = this.#lanes;
    if (length < this.#pool.settings.maxWorkers) return false;
    return this.#lanes.every(
      (lane) => this.#parking.isBlocked(lane.index) && lane.relay.isWaiting(),
    );
  }

  #exited(lane: Lane, death: WorkerDeath): void {
    if (!this.#lanes.includes(lane)) return;
    while (lane.thread.deliver());
    const retired = this.#laneWord(lane.index, LaneWord.Departing) === Departure.Retired;
    this.#pool.exited(lane.index, death, lane.thread.cause, retired);
  }

  recover(index: number, error: (task: string | undefined) => Error): void {
    const lane = this.#lanes.find((each) => each.index === index);
    if (lane === undefined) return;
    while (lane.notices.hasNotice()) this.#take(lane, lane.notices.take());
    this.#lanes.splice(this.#lanes.indexOf(lane), 1);
    for (const [slot, future] of this.#inSlots.entries()) {
      if (future === undefined) continue;
      const word = this.#states.load(slot);
      const state = stateOf(word);
      const owned = ownerOf(word) === index;
      if (state === DONE && owned) this.#settle(lane, slot);
      else if ((state === RUNNING && owned) || (state === PENDING && lane.reservedFor === future)) {
        this.#dropArguments(slot);
        this.#leave(slot, future, index);
        this.#pool.left('failed');
        failFuture(future, error(taskOf(future)));
      }
    }
    const words = this.#layout.laneWords(index);
    Atomics.store(this.#words, words + LaneWord.Departing, Departure.None);
    Atomics.store(this.#words, words + LaneWord.ThreadId, 0);
    this.#parking.clear(index);
    this.#loop.kick();
  }

  close(index: number): void {
    this.#lanes.find((lane) => lane.index === index)?.thread.close();
  }

  terminate(index: number): void {
    this.#lanes.find((lane) => lane.index === index)?.thread.terminate();
  }

  isIdle(index: number): boolean {
    const state = this.#parking.runState(index);
    return state === RunState.Parked || state === RunState.Watching;
  }

  cancelPending(): void {
    for (const future of this.#pendingFutures()) future.cancel();
  }

  failPending(error: (task: string | undefined) => Error): void {
    for (const future of this.#pendingFutures()) {
      if (this.withdraw(future, ticketOf(future), 'failed'))
        failFuture(future, error(taskOf(future)));
    }
  }

  pendingCalls(): number {
    return this.#pendingFutures().length;
  }

  end(): void {
    this.#loop.end();
  }

  #pendingFutures(): Future<unknown>[] {
    const inSlots = this.#inSlots.filter(
      (future, slot) => future !== undefined && stateOf(this.#states.load(slot)) === PENDING,
    );
    return [...(inSlots as Future<unknown>[]), ...this.#heldCalls.keys()];
  }
}

/** The outcomes of a chunk's items, errors rebuilt. */
function unpackChunk(outcome: unknown): ItemOutcome[] {
  return (outcome as PackedOutcome[]).map((item) =>
    item[0] ? item : [false, unpackError(item[1])],
  );
}

function unreadable(future: Future<unknown>, cause: unknown): PicklingError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PicklingError(
    `The result of ${taskOf(future) ?? 'the call'} could not be rebuilt: ${why}`,
    { cause },
  );
}
