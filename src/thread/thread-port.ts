/**
 * The port of a worker thread: calls are slots in shared memory, claimed from the one queue of the pool.
 *
 * Only this worker writes its own words and its slots' outcomes. For the other words see slot-state.ts, parking.ts and
 * docs/design/transport.md.
 */
import { MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { cloneFromBytes } from '../codec/clone.ts';
import { betweenThreads } from '../codec/channel.ts';
import type { ErrorEnvelope } from '../codec/error-envelope.ts';
import { toMessage } from '../codec/message.ts';
import { Answer, type FromWorker, type NestedRequest } from '../protocol/messages.ts';
import type { FromThread, ThreadStart, ToThread } from '../protocol/thread-messages.ts';
import {
  atomicsCompareExchange,
  atomicsLoad,
  atomicsNotify,
  atomicsStore,
  atomicsWait,
  atomicsWaitAsync,
  exitProcess,
  setImmediate,
  TrueInt32Array,
  TrueSharedArrayBuffer,
  uncurryThis,
} from '../util/primordials.ts';
import type { WorkerPort } from '../worker/call-port.ts';
import { QuickFunctions } from '../worker/quick-functions.ts';
import { WorkerRuntime } from '../worker/worker-runtime.ts';
import { ClaimQueue, NOTHING } from './claim-queue.ts';
import { CompletionWriter } from './completion-ring.ts';
import { DeliveredArguments } from './delivered-arguments.ts';
import { movableCopy } from './large-bytes.ts';
import { Departure, layoutFor, WorkerWord, Notice, Location, Word } from './layout.ts';
import { Parking, RunState } from './parking.ts';
import { SpinPolicy } from './spin-policy.ts';
import { SlotStates, slotOf } from './slot-state.ts';
import { systemThreadId } from '../util/system-thread.ts';
import { TakingMachine, TakingState } from './taking-state.ts';
import { WorkerMemory } from './worker-memory.ts';

// primordials: taken when this is loaded.
// oxlint-disable-next-line typescript/unbound-method -- called with a port as `this`
const postMessage = uncurryThis(MessagePort.prototype.postMessage) as (
  port: MessagePort,
  message: FromThread,
  transfer: readonly object[],
) => void;
const nothing: readonly object[] = [];

export class ThreadPort implements WorkerPort<number> {
  readonly channel = betweenThreads;
  readonly #words: Int32Array;
  readonly #index: number;
  readonly #workerWords: number;
  readonly #messages: MessagePort;
  readonly #states: SlotStates;
  readonly #queue: ClaimQueue;
  readonly #parking: Parking;
  readonly #notices: CompletionWriter;
  readonly #memory: WorkerMemory;
  readonly #delivered: DeliveredArguments;
  readonly #runtime: WorkerRuntime<number>;
  readonly #quickFunctions = new QuickFunctions();
  readonly #spinPolicy = new SpinPolicy();
  /** True if the last call begun is of a function that takes microseconds. */
  #quick = false;
  /** True while a `waitAsync` on this worker's run word is outstanding; it stays so until a notification. */
  #waiting = false;
  /** True if the parent had to be woken since the queue was last found empty. */
  #parentWasAsleep = false;
  readonly #taking = new TakingMachine();

  /** Starts the worker. */
  static open(start: ThreadStart, messages: MessagePort): void {
    void new ThreadPort(start, messages).#runtime.begin(start);
  }

  private constructor(start: ThreadStart, messages: MessagePort) {
    const layout = layoutFor(start.workers);
    const words = new TrueInt32Array(start.memory);
    this.#words = words;
    this.#index = start.index;
    this.#messages = messages;
    this.#states = new SlotStates(words, layout);
    this.#queue = new ClaimQueue(words, layout, this.#states);
    this.#parking = new Parking(words, layout, this.#queue, start.workers);
    this.#notices = new CompletionWriter(words, layout, start.index);
    this.#memory = new WorkerMemory(start.memory, words, layout, start.index);
    this.#delivered = new DeliveredArguments(this.#states);
    this.#workerWords = layout.workerWords(start.index);
    atomicsStore(words, this.#workerWords + WorkerWord.ThreadId, systemThreadId());
    this.#runtime = new WorkerRuntime(this);
    // primordials: before the first call.
    // A message that can't be rebuilt belongs to some call, which only our end can make known.
    messages.on('messageerror', (error: Error) => {
      throw error;
    });
    // primordials: before the first call.
    // The listening port also keeps this thread alive while an initializer waits.
    messages.on('message', (message: ToThread) => this.#receive(message));
  }

  // CallPort.

  claim(): number | undefined {
    for (;;) {
      const entry = this.#delivered.nextDirected();
      if (entry === undefined) break;
      if (this.#states.claim(entry, this.#index)) return slotOf(entry);
      this.#delivered.forget(entry);
    }
    const slot = this.#taking.is(TakingState.Taking) ? this.#queue.claim(this.#index) : NOTHING;
    if (slot !== NOTHING) return slot;
    this.#quickFunctions.rest();
    return undefined;
  }

  functionOf(slot: number): number {
    return this.#memory.functionOf(slot);
  }

  isChunk(slot: number): boolean {
    return this.#memory.isChunk(slot);
  }

  isCaptured(slot: number): boolean {
    return this.#memory.isCaptured(slot);
  }

  numberOf(slot: number): number {
    return this.#states.entryOf(slot);
  }

  argumentsOf(slot: number): unknown[] | undefined {
    const location = this.#memory.argumentsLocation(slot);
    if (location === Location.Clone)
      return cloneFromBytes(this.#memory.takeClonedArguments(slot)) as unknown[];
    if (location !== Location.Message && location !== Location.Kept)
      return this.#memory.takeArguments(slot);
    const entry = this.#states.entryOf(slot);
    if (location === Location.Message) {
      while (!this.#delivered.has(entry) && this.receiveNow());
      if (this.#delivered.has(entry)) return this.#delivered.take(entry);
    } else {
      this.#notices.push(slot | Notice.SendArguments);
      this.#wakeParent();
    }
    this.#delivered.wait(entry, slot);
    return undefined;
  }

  putValue(slot: number, value: unknown, list: readonly object[]): void {
    const moved = list.length > 0 ? { value, list } : movableCopy(value);
    if (moved !== undefined) this.#mail(slot, moved.value, moved.list, false);
    else if (!this.#memory.putOutcome(slot, value, false)) this.#mail(slot, value, nothing, false);
    this.#publish(slot);
  }

  putError(slot: number, error: ErrorEnvelope): void {
    if (!this.#memory.putOutcome(slot, error, true)) this.#mail(slot, error, nothing, true);
    this.#publish(slot);
  }

  begins(slot: number): void {
    const fn = this.#memory.functionOf(slot);
    this.#quick = this.#quickFunctions.isQuick(fn);
    this.#quickFunctions.begin(fn);
    // To wake a sleeping parent takes longer than to run a quick call.
    if (this.#quick) this.#wakeParent();
    else this.#parking.occupied(this.#index);
  }

  endsAtOnce(): void {
    if (!this.#quick) this.#parking.busy(this.#index);
  }

  leaves(): void {
    // It goes on when a promise settles or a message comes, which may take long for any function.
    this.#parking.occupied(this.#index);
  }

  ended(): void {
    this.#wakeParent();
  }

  resumes(): void {
    this.#parking.busy(this.#index);
  }

  turns(): void {
    this.#quickFunctions.rest();
  }

  rests(): boolean {
    if (atomicsLoad(this.#words, Word.Backlog) === 1) this.#wakeParent();
    if (!this.#taking.is(TakingState.Taking)) {
      // Until then no other side may count on this worker for the queue, or wake it.
      this.#parking.occupied(this.#index);
      return true;
    }
    if (this.#watch()) return false;
    if (!this.#parking.park(this.#index)) return false;
    this.#waitForWork();
    return true;
  }

  unrest(): boolean {
    const isParked = this.#parking.runState(this.#index) !== RunState.Occupied;
    return !isParked || this.#parking.unpark(this.#index) || this.#parking.takeWake(this.#index);
  }

  isFlushed(): boolean {
    return true;
  }

  // ParentPort.

  send(message: FromWorker, transfer: readonly object[] = nothing): void {
    postMessage(this.#messages, message, transfer);
    if (message.kind === 'request') this.#wakeParent();
  }

  ask(request: NestedRequest): boolean {
    const answer = new TrueInt32Array(new TrueSharedArrayBuffer(4));
    this.send({ kind: 'request', request, answer });
    atomicsWait(answer, 0, 0);
    return atomicsLoad(answer, 0) === Answer.Yes;
  }

  receiveNow(): boolean {
    const received: { message: ToThread } | undefined = receiveMessageOnPort(this.#messages);
    if (received === undefined) return false;
    this.#receive(received.message);
    return true;
  }

  receiveWithin(timeout: number): void {
    const word = this.#workerWords + WorkerWord.Mail;
    // Read before the messages: a message that comes after them changes the word, and ends the wait.
    const mail = atomicsLoad(this.#words, word);
    if (!this.receiveNow()) atomicsWait(this.#words, word, mail, timeout);
  }

  closes(): void {
    this.#taking.close();
  }

  /** A parent that is blocked at this moment also reads the announcement. */
  departs(code: number): void {
    this.#taking.depart();
    this.send({ kind: 'leaving' });
    const departing = this.#workerWords + WorkerWord.Departing;
    atomicsStore(this.#words, this.#workerWords + WorkerWord.ExitCode, code);
    atomicsCompareExchange(this.#words, departing, Departure.None, Departure.Exiting);
    this.#wakeParent();
  }

  stays(): void {
    this.#taking.stay();
    const departing = this.#workerWords + WorkerWord.Departing;
    atomicsCompareExchange(this.#words, departing, Departure.Exiting, Departure.None);
  }

  leave(retired: boolean): void {
    if (retired)
      atomicsStore(this.#words, this.#workerWords + WorkerWord.Departing, Departure.Retired);
    // Sent before the exit handlers run, one of which may never return: from now on the parent's grace runs.
    this.send({ kind: 'leaving' });
    this.#wakeParent();
    // This worker may have been woken for a call that it does not take.
    if (!this.#queue.isEmpty()) this.#parking.wakeOne();
    // The event loop may hold timers and sockets of tasks; they end with the thread.
    exitProcess(0);
  }

  // Messages from the parent.

  #receive(message: ToThread): void {
    if (message.kind !== 'arguments') {
      this.#runtime.receive(message);
      return;
    }
    const slot = this.#delivered.add(message);
    const { loop } = this.#runtime;
    if (slot !== undefined) loop?.begin(slot, this.#delivered.take(message.entry));
    else if (message.directed === true) this.#wakeForDirected();
  }

  /** The parent may have reserved this worker for the call; then the worker wakes itself. */
  #wakeForDirected(): void {
    if (
      this.#parking.runState(this.#index) === RunState.Reserved ||
      this.#parking.unpark(this.#index)
    ) {
      this.#parking.busy(this.#index);
      this.#runtime.loop?.wake();
    }
  }

  /** @returns true if there may be work. */
  #watch(): boolean {
    // In a series of calls the next may come within microseconds; a nap would miss it.
    const gently = this.#parentWasAsleep && this.#spinPolicy.wasInVain;
    this.#parentWasAsleep = false;
    if (!this.#spinPolicy.isDueToWatch()) return false;
    const found = this.#parking.watch(this.#index, gently);
    this.#spinPolicy.watched(found || this.#parking.runState(this.#index) === RunState.Reserved);
    return found;
  }

  #waitForWork(): void {
    if (this.#waiting) return;
    const wait = atomicsWaitAsync(this.#words, this.#parking.runWord(this.#index), RunState.Parked);
    if (wait.async) {
      this.#waiting = true;
      void this.#whenNotified(wait.value);
    } else setImmediate(this.#wokenUp);
  }

  async #whenNotified(notified: Promise<unknown>): Promise<void> {
    await notified;
    this.#waiting = false;
    this.#wokenUp();
  }

  /** Notified, perhaps because of an earlier sleep: the run word has the meaning. */
  readonly #wokenUp = (): void => {
    switch (this.#parking.runState(this.#index)) {
      case RunState.Busy:
        this.#parking.awake();
        this.#runtime.loop?.wake();
        break;
      case RunState.Parked:
        this.#waitForWork();
        break;
      default:
      // Reserved: the message with the arguments continues from here.
    }
  };

  #mail(slot: number, value: unknown, list: readonly object[], failed: boolean): void {
    const entry = this.#states.entryOf(slot);
    postMessage(this.#messages, { kind: 'outcome', entry, value: toMessage(value) }, list);
    this.#memory.outcomeIsMessage(slot, failed);
  }

  #publish(slot: number): void {
    this.#states.finish(slot);
    this.#notices.push(slot | Notice.Done);
  }

  #wakeParent(): void {
    if (atomicsLoad(this.#words, Word.ParentArmed) !== 0) this.#notifyParent();
  }

  #notifyParent(): void {
    const words = this.#words;
    if (atomicsCompareExchange(words, Word.ParentArmed, 1, 0) !== 1) return;
    this.#quickFunctions.leaveOut(() => atomicsNotify(words, Word.ParentArmed));
    this.#parentWasAsleep = true;
  }
}
