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
import { type ErrorEnvelope, packError } from '../codec/error-envelope.ts';
import { isTransferred } from '../codec/transfer.ts';
import { PicklingError } from '../errors.ts';
import { Answer, type ToParent, type ToWorker, type WorkerStart } from '../protocol/messages.ts';
import { isThenable } from '../util/thenable.ts';
import { describeValue } from '../util/validate.ts';
import { FunctionTable } from '../worker/function-table.ts';
import { type AnyFunction, importFunction } from '../worker/import-function.ts';
import { runChunk } from '../worker/run-chunk.ts';
import { ClaimQueue, NOTHING } from './claim-queue.ts';
import { CompletionWriter } from './completion-ring.ts';
import { Departure, layoutFor, LaneWord, Notice, Word } from './layout.ts';
import { movableCopy } from './large-bytes.ts';
import { Parking, RunState } from './parking.ts';
import { Pace } from './pace.ts';
import { SlotStates } from './slot-state.ts';
import { systemThreadId } from './system-thread.ts';
import { setWorkerLink, type WorkerLink } from './worker-link.ts';
import { WorkerMemory } from './worker-memory.ts';

/** How long calls may follow one another before the event loop gets a turn, in milliseconds. */
const TURN = 1;
const MAX_BATCH = 256;

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
  readonly #start: WorkerStart;
  /** Whether a `waitAsync` on our run word is outstanding: it stays so until somebody notifies. */
  #waiting = false;
  #closing = false;
  readonly #pace = new Pace();
  readonly #link: WorkerLink;
  /** Whether the pump goes on by itself (it claims, is parked, or has its turn coming), or was left for a call. */
  #pumping = true;
  /** Calls begun and not done: more than one only while tasks wait for calls of their own pool. */
  #running = 0;
  #tasks = 0;
  /** How many calls one turn of the event loop may take; adapts to how long they take. */
  #batch = 16;
  #callsThisTurn = 0;
  #turnBegan = 0;

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
    this.#link = this.#makeLink();
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
    const { initializer, importTimeout } = this.#start;
    if (initializer !== undefined) {
      try {
        const fn = await importFunction(initializer.fn, importTimeout);
        await fn(...initializer.args);
      } catch (error) {
        const task = `the initializer ${initializer.fn.path.join('.')}`;
        this.#send({ kind: 'start-failed', error: packError(error, this.#name, task) });
        process.exit(1);
      }
    }
    this.#port.on('message', (message: ToWorker) => this.#receive(message));
    this.#send({ kind: 'ready' });
    this.#pumping = false;
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
        this.#pumping = false;
        this.#resume();
        break;
      case 'close':
        this.#closing = true;
        if (this.#parking.unpark(this.#lane)) this.#pump();
        break;
      default:
        message satisfies never;
    }
  }

  #pump(): void {
    while (this.#callsThisTurn < this.#batch) {
      const slot = this.#queue.claim(this.#lane);
      if (slot === NOTHING) {
        this.#pace.rest();
        if (this.#idle()) return;
        continue;
      }
      this.#callsThisTurn++;
      const fn = this.#memory.functionOf(slot);
      const quick = this.#pace.isQuick(fn);
      this.#pace.begin(fn);
      if (!quick) this.#parking.occupied(this.#lane);
      this.#running++;
      if (!this.#serve(slot)) {
        // Goes on when a promise settles or a message comes, which may take long whatever it is.
        this.#pumping = false;
        if (quick) this.#parking.occupied(this.#lane);
        return;
      }
      if (!quick) this.#parking.busy(this.#lane);
    }
    setImmediate(this.#nextTurn);
  }

  /** The pump goes on after a call that it had to leave, unless it has gone on already. */
  #resume(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#parking.busy(this.#lane);
    this.#pump();
  }

  readonly #nextTurn = (): void => {
    const now = performance.now();
    const took = now - this.#turnBegan;
    if (took > TURN) this.#batch = Math.max(1, this.#batch >> 1);
    else if (took < TURN / 2) this.#batch = Math.min(MAX_BATCH, this.#batch << 1);
    this.#turnBegan = now;
    this.#callsThisTurn = 0;
    this.#pump();
  };

  /** Nothing to claim. @returns whether to leave the pump: parked, or about to end. */
  #idle(): boolean {
    if (this.#closing) this.#end();
    if (Atomics.load(this.#words, Word.Backlog) === 1) this.#wakeHost();
    if (this.#parking.watch(this.#lane)) return false;
    if (!this.#parking.park(this.#lane)) return false;
    this.#waitForWork();
    return true;
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

  #wokenUp(): void {
    switch (this.#parking.runState(this.#lane)) {
      case RunState.Busy:
        this.#parking.awake();
        this.#turnBegan = performance.now();
        this.#callsThisTurn = 0;
        this.#pump();
        break;
      case RunState.Parked:
        // A notification meant for an earlier sleep; sleep on.
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
      this.#pumping = false;
      this.#parking.occupied(this.#lane);
      if (!this.#states.claim(entry, this.#lane)) {
        this.#resume();
        return;
      }
      this.#running++;
      this.#pace.begin(this.#memory.functionOf(slot));
    }
    if (this.#call(slot, args)) this.#resume();
  }

  #call(slot: number, args: unknown[]): boolean {
    const id = this.#memory.functionOf(slot);
    const fn = this.#functions.get(id) ?? this.#announced(id);
    if (fn !== undefined) return this.#run(slot, fn, args);
    this.#functions.import(id).then(
      (imported) => {
        if (this.#run(slot, imported, args)) this.#resume();
      },
      (error: unknown) => {
        this.#fail(slot, error);
        this.#resume();
      },
    );
    return false;
  }

  /** Reads messages until the function is known: it was announced before any call of it was published. */
  #announced(id: number): AnyFunction | undefined {
    while (!this.#functions.has(id) && this.#deliver());
    return this.#functions.get(id);
  }

  #run(slot: number, fn: AnyFunction, args: unknown[]): boolean {
    let result: unknown;
    try {
      result = this.#memory.isChunk(slot)
        ? runChunk(fn, args, this.#name, this.#taskName(slot))
        : fn(...args);
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

  #finish(slot: number, value: unknown): void {
    try {
      const moved = isTransferred(value) ? value : movableCopy(value);
      if (moved !== undefined) {
        this.#mailOutcome(slot, moved.value, moved.list, false);
      } else if (!this.#memory.putOutcome(slot, value, false)) {
        this.#mailOutcome(slot, value, [], false);
      }
    } catch (cause) {
      this.#fail(slot, this.#unsendable(slot, value, cause));
      return;
    }
    this.#done(slot);
  }

  #fail(slot: number, error: unknown): void {
    const envelope: ErrorEnvelope = packError(error, this.#name, this.#taskName(slot));
    if (!this.#memory.putOutcome(slot, envelope, true)) this.#mailOutcome(slot, envelope, [], true);
    this.#done(slot);
  }

  #mailOutcome(slot: number, value: unknown, list: readonly object[], failed: boolean): void {
    this.#send({ kind: 'outcome', slot, value }, list);
    this.#memory.outcomeIsMessage(slot, failed);
  }

  #unsendable(slot: number, value: unknown, cause: unknown): PicklingError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new PicklingError(
      `The result of ${this.#taskName(slot)}, ${describeValue(value)}, can't be sent back: ${why} ` +
        'Return plain data, or what structuredClone() can copy.',
      { cause },
    );
  }

  #done(slot: number): void {
    this.#states.finish(slot);
    this.#notices.push(slot | Notice.Done);
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
    if (Atomics.compareExchange(words, Word.HostArmed, 1, 0) === 1)
      Atomics.notify(words, Word.HostArmed);
  }

  #makeLink(): WorkerLink {
    return {
      onSettled: undefined,
      request: (request, transfer) => {
        this.#send({ kind: 'request', request }, transfer);
        this.#wakeHost();
      },
      ask: (kind, call) => {
        const answer = new Int32Array(new SharedArrayBuffer(4));
        this.#link.request({ kind, call, answer }, []);
        Atomics.wait(answer, 0, 0);
        return Atomics.load(answer, 0) === Answer.Yes;
      },
      submitted: () => {
        // The task that runs here waits for another call of this pool, or soon will: this worker is
        // free for it meanwhile. A turn later, because we are in the middle of the task's own code.
        setImmediate(() => this.#resume());
      },
      block: (call, isDone, timeout) => this.#block(call, isDone, timeout),
    };
  }

  #block(call: number, isDone: () => boolean, timeout: number): boolean {
    const until = performance.now() + timeout;
    this.#parking.setBlocked(this.#lane, true);
    try {
      if (this.#link.ask('block', call)) return isDone();
      for (;;) {
        const mail = Atomics.load(this.#words, this.#laneWords + LaneWord.Mail);
        while (this.#deliver());
        const left = until - performance.now();
        if (isDone() || left <= 0) return true;
        Atomics.wait(this.#words, this.#laneWords + LaneWord.Mail, mail, left);
      }
    } finally {
      this.#parking.setBlocked(this.#lane, false);
    }
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
