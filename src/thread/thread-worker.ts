/**
 * What a worker thread does: claims calls from the shared queue, runs them, tells the parent.
 *
 *     pump:  claim -> take arguments -> run -> put outcome -> finish slot -> notice -> claim …
 *
 * One call at a time: an async task occupies its worker until it settles, as a task occupies a Python
 * thread. The thread's event loop gets its turn about every millisecond however long the queue is,
 * and for as long as it likes while the worker is parked.
 *
 * Only this worker writes its lane's words and its slots' outcomes; see slot-state.ts, parking.ts and
 * docs/design/transport.md for what else is touched when.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { fromMessage } from '../codec/message.ts';
import { packError } from '../codec/error-envelope.ts';
import { PicklingError } from '../errors.ts';
import type { ToParent, ToWorker, WorkerStart } from '../protocol/messages.ts';
import { isThenable } from '../util/thenable.ts';
import { FunctionTable } from '../worker/function-table.ts';
import { callableOf } from '../worker/callable.ts';
import { Pace } from '../worker/pace.ts';
import type { AnyFunction } from '../worker/import-function.ts';
import { withCapturedOutput } from '../worker/output-capture.ts';
import { runChunk } from '../worker/run-chunk.ts';
import { ClaimQueue, NOTHING } from './claim-queue.ts';
import { CompletionWriter } from './completion-ring.ts';
import { Departure, layoutFor, LaneWord, Notice, Word } from './layout.ts';
import { OutcomeWriter } from './outcome-writer.ts';
import { Parking, RunState } from './parking.ts';
import { ParentLink } from './parent-link.ts';
import { Patience } from './patience.ts';
import { LEFT, PARKED, PUMPING, type PumpState, TURNING } from './pump-state.ts';
import { SlotStates } from './slot-state.ts';
import { systemThreadId } from './system-thread.ts';
import { Turn } from '../worker/turn.ts';
import { setWorkerLink } from '../protocol/worker-link.ts';
import { WorkerMemory } from './worker-memory.ts';

export class ThreadWorker {
  readonly #words: Int32Array;
  readonly #lane: number;
  readonly #laneWords: number;
  readonly #name: string;
  readonly #port: MessagePort;
  readonly #functions: FunctionTable;
  readonly #states: SlotStates;
  readonly #queue: ClaimQueue;
  readonly #parking: Parking;
  readonly #notices: CompletionWriter;
  readonly #memory: WorkerMemory;
  readonly #outcomes: OutcomeWriter;
  readonly #start: WorkerStart;
  /** Whether a `waitAsync` on our run word is outstanding: it stays so until somebody notifies. */
  #waiting = false;
  #closing = false;
  readonly #pace = new Pace();
  readonly #patience = new Patience();
  readonly #link: ParentLink;
  #state: PumpState = LEFT;
  /** Calls begun and not done: more than one only while tasks wait for calls of their own pool. */
  #running = 0;
  /** Whether the parent had to be woken since the queue was last found empty. */
  #hostWasAsleep = false;
  #tasks = 0;
  readonly #turn = new Turn();

  constructor(start: WorkerStart, port: MessagePort) {
    const layout = layoutFor(start.maxWorkers);
    this.#words = new Int32Array(start.memory);
    this.#lane = start.lane;
    this.#name = start.name;
    this.#port = port;
    this.#start = start;
    this.#functions = new FunctionTable(start.importTimeout);
    for (const entry of start.functions) this.#functions.add(entry);
    this.#states = new SlotStates(this.#words, layout);
    this.#queue = new ClaimQueue(this.#words, layout, this.#states);
    this.#parking = new Parking(this.#words, layout, this.#queue, start.maxWorkers);
    this.#notices = new CompletionWriter(this.#words, layout, start.lane);
    this.#memory = new WorkerMemory(start.memory, this.#words, layout, start.lane);
    this.#outcomes = new OutcomeWriter(
      start.name,
      this.#memory,
      this.#states,
      this.#notices,
      (message, transfer) => this.#send(message, transfer),
    );
    this.#link = new ParentLink(
      start.name,
      {
        send: (request, transfer, answer) => {
          this.#send({ kind: 'request', request, answer }, transfer);
          this.#wakeHost();
        },
        deliver: () => this.#deliver(),
        takeMore: () => this.#resume(),
      },
      this.#words,
      layout,
      start.lane,
      this.#parking,
    );
    setWorkerLink(this.#link);
    this.#laneWords = layout.laneWords(start.lane);
    Atomics.store(this.#words, this.#laneWords + LaneWord.ThreadId, systemThreadId());
  }

  /** Runs the initializer, reports ready, and begins to claim. */
  async run(): Promise<void> {
    process.once('exit', (code) => this.#depart(code));
    process.on('uncaughtExceptionMonitor', (error) => {
      this.#send({ kind: 'dying', error: packError(error, this.#name, 'code outside any task') });
    });
    // First of all: the listening port is what keeps this thread alive while an initializer waits.
    // A message that can't be rebuilt belongs to some call, which only our end can make known.
    this.#port.on('messageerror', (error: Error) => {
      throw error;
    });
    this.#port.on('message', (message: ToWorker) => this.#receive(message));
    const { initializer, importTimeout } = this.#start;
    if (initializer !== undefined) {
      try {
        const { source } = initializer.fn;
        const { fn, args } = await callableOf(source, initializer.args, importTimeout, true);
        await fn(...args);
      } catch (error) {
        const task = `the initializer ${initializer.fn.name}`;
        this.#send({ kind: 'start-failed', error: packError(error, this.#name, task) });
        process.exit(1);
      }
    }
    this.#send({ kind: 'ready' });
    this.#resume();
  }

  #receive(message: ToWorker): void {
    switch (message.kind) {
      case 'function':
        this.#functions.add(message.entry);
        break;
      case 'arguments':
        this.#begin(message);
        break;
      case 'settled':
        this.#link.onSettled?.(message.call, message.outcome);
        break;
      case 'resume':
        this.#state = LEFT;
        this.#resume();
        break;
      case 'close':
        this.#closing = true;
        if (this.#state === PARKED && this.#parking.unpark(this.#lane)) this.#pump();
        break;
      default:
        message satisfies never;
    }
  }

  #pump(): void {
    this.#state = PUMPING;
    while (!this.#turn.isOver) {
      const slot = this.#queue.claim(this.#lane);
      if (slot === NOTHING) {
        this.#pace.rest();
        if (this.#idle()) return;
        continue;
      }
      this.#turn.count();
      const fn = this.#memory.functionOf(slot);
      const quick = this.#pace.isQuick(fn);
      this.#pace.begin(fn);
      // A parent that sleeps takes longer to wake than a quick call to run.
      if (quick) this.#wakeHost();
      else this.#parking.occupied(this.#lane);
      this.#running++;
      if (!this.#serve(slot)) {
        this.#state = LEFT;
        // Goes on when a promise settles or a message comes, which may take long whatever it is.
        if (quick) this.#parking.occupied(this.#lane);
        return;
      }
      if (!quick) this.#parking.busy(this.#lane);
    }
    this.#state = TURNING;
    this.#pace.rest();
    setImmediate(this.#nextTurn);
  }

  /** The pump goes on after a call that it was left for, unless it has gone on already. */
  #resume(): void {
    if (this.#state !== LEFT) return;
    this.#parking.busy(this.#lane);
    this.#pump();
  }

  readonly #nextTurn = (): void => {
    this.#turn.next();
    this.#pump();
  };

  /** Nothing to claim. @returns whether to leave the pump: parked, or about to end. */
  #idle(): boolean {
    if (this.#closing) this.#end();
    if (Atomics.load(this.#words, Word.Backlog) === 1) this.#wakeHost();
    if (this.#watch()) return false;
    if (!this.#parking.park(this.#lane)) return false;
    this.#state = PARKED;
    this.#waitForWork();
    return true;
  }

  /** @returns whether there may be work. */
  #watch(): boolean {
    // The first of several calls may be followed by the next within microseconds, which a nap would miss.
    const gently = this.#hostWasAsleep && this.#patience.wasInVain;
    this.#hostWasAsleep = false;
    if (!this.#patience.isDueToWatch()) return false;
    const found = this.#parking.watch(this.#lane, gently);
    this.#patience.watched(found || this.#parking.runState(this.#lane) === RunState.Reserved);
    return found;
  }

  #waitForWork(): void {
    if (this.#waiting) return;
    const wait = Atomics.waitAsync(this.#words, this.#parking.runWord(this.#lane), RunState.Parked);
    if (wait.async) {
      this.#waiting = true;
      void wait.value.then(() => {
        this.#waiting = false;
        this.#wokenUp();
      });
    } else {
      setImmediate(() => this.#wokenUp());
    }
  }

  /** Notified, perhaps on behalf of an earlier sleep: our state and the run word say what it means. */
  #wokenUp(): void {
    if (this.#state !== PARKED) return;
    switch (this.#parking.runState(this.#lane)) {
      case RunState.Busy:
        this.#parking.awake();
        this.#turn.begin();
        this.#pump();
        break;
      case RunState.Parked:
        this.#waitForWork();
        break;
      default:
      // Reserved: the message with the arguments goes on from here.
    }
  }

  /** @returns whether the call is done, so that the pump can go on with the next. */
  #serve(slot: number): boolean {
    let args: unknown[] | undefined;
    try {
      args = this.#memory.takeArguments(slot);
    } catch (cause) {
      this.#fail(
        slot,
        new PicklingError('The arguments could not be rebuilt in the worker.', { cause }),
      );
      return true;
    }
    if (args !== undefined) return this.#call(slot, args);
    this.#notices.push(slot | Notice.SendArguments);
    this.#wakeHost();
    return false;
  }

  /** A call whose arguments came as a message; the pump was left for it. */
  #begin({ slot, entry, args }: Extract<ToWorker, { kind: 'arguments' }>): void {
    if (entry !== undefined) {
      // Reserved for this call, which may have been withdrawn on the way.
      this.#state = LEFT;
      this.#parking.occupied(this.#lane);
      if (!this.#states.claim(entry, this.#lane)) {
        this.#resume();
        return;
      }
      this.#running++;
      this.#pace.begin(this.#memory.functionOf(slot));
    }
    if (this.#call(slot, fromMessage(args) as unknown[])) this.#resume();
  }

  #call(slot: number, args: unknown[]): boolean {
    const id = this.#memory.functionOf(slot);
    const fn = this.#functions.get(id) ?? this.#announced(id);
    if (fn !== undefined) return this.#run(slot, fn, args);
    return this.#functions.carryOn(
      { id, args, alone: this.#running === 1 },
      (made, list) => this.#run(slot, made, list),
      (error) => this.#fail(slot, error),
      () => this.#resume(),
    );
  }

  /** Reads messages until the function is known: it was announced before any call of it was published. */
  #announced(id: number): AnyFunction | undefined {
    while (!this.#functions.has(id) && this.#deliver());
    return this.#functions.get(id);
  }

  #run(slot: number, fn: AnyFunction, args: unknown[]): boolean {
    let result: unknown;
    try {
      if (this.#memory.isChunk(slot)) result = runChunk(fn, args, this.#name, this.#taskName(slot));
      else result = this.#memory.isCaptured(slot) ? this.#captured(slot, fn, args) : fn(...args);
      if (isThenable(result)) {
        // Promise.resolve and not result.then: a thenable may call back twice, or synchronously.
        Promise.resolve(result).then(
          (value) => {
            this.#finish(slot, value);
            this.#resume();
          },
          (error: unknown) => {
            this.#fail(slot, error);
            this.#resume();
          },
        );
        return false;
      }
    } catch (error) {
      this.#fail(slot, error);
      return true;
    }
    this.#finish(slot, result);
    return true;
  }

  #captured(slot: number, fn: AnyFunction, args: unknown[]): unknown {
    return withCapturedOutput(
      (stream, text) => this.#send({ kind: 'output', slot, stream, text }),
      () => fn(...args),
    );
  }

  #finish(slot: number, value: unknown): void {
    this.#outcomes.finish(slot, value, this.#taskName(slot));
    this.#ended();
  }

  #fail(slot: number, error: unknown): void {
    this.#outcomes.fail(slot, error, this.#taskName(slot));
    this.#ended();
  }

  #ended(): void {
    this.#wakeHost();
    this.#tasks++;
    this.#running--;
    if (this.#start.maxTasks > 0 && this.#tasks >= this.#start.maxTasks && this.#running === 0) {
      Atomics.store(this.#words, this.#laneWords + LaneWord.Departing, Departure.Retired);
      this.#end();
    }
  }

  #taskName(slot: number): string {
    return this.#functions.nameOf(this.#memory.functionOf(slot));
  }

  #send(message: ToParent, transfer: readonly object[] = []): void {
    this.#port.postMessage(message, transfer as ArrayBuffer[]);
  }

  #wakeHost(): void {
    const words = this.#words;
    if (Atomics.load(words, Word.HostArmed) === 0) return;
    if (Atomics.compareExchange(words, Word.HostArmed, 1, 0) !== 1) return;
    this.#pace.leaveOut(() => Atomics.notify(words, Word.HostArmed));
    this.#hostWasAsleep = true;
  }

  /** Receives one message that has arrived; false if there is none. */
  #deliver(): boolean {
    const received: { message: ToWorker } | undefined = receiveMessageOnPort(this.#port);
    if (received === undefined) return false;
    this.#receive(received.message);
    return true;
  }

  /** Ends the thread in order. Its event loop may hold timers and sockets of tasks; they end with it. */
  #end(): never {
    process.exit(0);
  }

  /** Whatever ends this thread from inside: a parent that is blocked in this very moment learns of it. */
  #depart(code: number): void {
    Atomics.store(this.#words, this.#laneWords + LaneWord.ExitCode, code);
    Atomics.compareExchange(
      this.#words,
      this.#laneWords + LaneWord.Departing,
      Departure.None,
      Departure.Exiting,
    );
    this.#wakeHost();
  }
}
