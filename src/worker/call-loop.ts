/**
 * What a worker does all its life, whatever kind of worker it is.
 *
 *     claim -> take arguments -> find the function -> run -> hand the outcome over -> claim …
 *
 * One call at a time: an async task occupies its worker until it settles, as a task occupies a Python thread. The
 * exception is a task that waits for calls of its own pool: the worker takes as many others meanwhile, because they may be
 * those, and no more than it waits for, so that there is one at a time again when that is over.
 * The event loop gets a turn about every millisecond however long the queue is, and for as long as it likes while the
 * worker is idle.
 *
 * Each call is settled once. What a task returns is awaited by the language itself, which believes a promise once and asks
 * no prototype; so neither a thenable that calls back twice nor a patched `Promise.prototype` reaches another call.
 *
 * A worker that was told to end, or whose exit handlers have run, begins nothing more than what it was given for certain, and
 * ends when that is over. The exit handlers may have failed to end it (`worker-runtime.ts`). Tasks of it that wait for calls of
 * their own pool are waited for then, and those calls may have nobody else: as long as there are such, it takes others.
 *
 * What the runtime itself throws, because a task has closed the log of claims or there is no memory for an outcome, ends the
 * worker. It is caught here: as an uncaught exception a handler of a task could have it, and the loop would stand still.
 *
 * RACE end-vs-claim: ending a thread takes effect some instructions later, and the code of exit handlers, or a stub in
 * place of Node's exit, may keep it from taking effect at all. The state is ENDED before that, so nothing is claimed.
 */
import { packError } from '../codec/error-envelope.ts';
import { PicklingError } from '../errors.ts';
import type { PackedOutcome } from '../protocol/messages.ts';
import { apply, setImmediate } from '../util/primordials.ts';
import { isThenable } from '../util/thenable.ts';
import { ENDED, IDLE, LEFT, LoopState, RUNNING, YIELDING } from './call-loop-state.ts';
import type { WorkerPort } from './call-port.ts';
import type { FunctionTable } from './function-table.ts';
import type { AnyFunction } from './import-function.ts';
import { Outcomes } from './outcomes.ts';
import { withCapturedOutput } from './output-capture.ts';
import { runChunkItems } from './run-chunk.ts';
import { TimeSlice } from './time-slice.ts';

export interface LoopSettings {
  /** What errors call this worker. */
  readonly name: string;
  /** Calls after which the worker leaves; 0 for never. */
  readonly maxTasks: number;
  /** The runtime itself has failed: this worker is to end, whatever tasks have left behind. */
  readonly onFault: (error: unknown) => void;
}

/** What tasks of this worker have submitted to their pool. */
export interface OwnCalls {
  /** How many of these they wait for. */
  readonly awaited: number;
  /** No task is left that could wait. */
  forgetAwaited(): void;
}

export class CallLoop<C> {
  readonly #port: WorkerPort<C>;
  readonly #functions: FunctionTable;
  readonly #own: OwnCalls;
  readonly #settings: LoopSettings;
  readonly #outcomes: Outcomes<C>;
  readonly #state = new LoopState();
  readonly #slice = new TimeSlice();
  /** Calls begun and not over: more than one only while tasks wait for calls of their own pool. */
  #running = 0;
  #done = 0;
  #closing = false;
  /** Whether exit handlers have run; and whether they have not ended this worker. */
  #departing = false;
  #stays = false;
  /** How many tasks, one inside of the other, are in the middle of their own code while messages are read. */
  #holds = 0;

  constructor(
    port: WorkerPort<C>,
    functions: FunctionTable,
    own: OwnCalls,
    settings: LoopSettings,
  ) {
    this.#port = port;
    this.#functions = functions;
    this.#own = own;
    this.#settings = settings;
    this.#outcomes = new Outcomes(port, settings.name);
  }

  /** Whether a task is under way. */
  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** The loop goes on after a call that it was left for, unless it has gone on already. Begins it, too. */
  resume(): void {
    if (this.#holds > 0 || this.#isFull() || !this.#state.run(LEFT)) return;
    this.#port.resumes();
    this.#run();
  }

  /** There may be something to do for an idle worker. */
  wake(): void {
    if (this.#holds > 0) setImmediate(() => this.wake());
    else if (this.#state.run(IDLE)) this.#runAfresh();
  }

  #runAfresh(): void {
    this.#slice.begin();
    this.#run();
  }

  /** An idle worker whose task waits no longer for others is idle no longer. */
  stopIfFull(): void {
    if (this.#isFull() && this.#state.code === IDLE && this.#port.unrest()) this.wake();
  }

  /** Whether it has left: it claims nothing any more. */
  get hasEnded(): boolean {
    return this.#state.code === ENDED;
  }

  /** The worker ends when it has nothing left to do. */
  close(): void {
    this.#closing = true;
    this.endIfDone();
  }

  /** The worker is about to end, whatever it has in its hands. Should it not, it ends when that is over. */
  depart(): void {
    this.#departing = true;
    this.#stays = false;
  }

  /** It was no end. */
  stay(): void {
    this.#stays = true;
    if (this.#state.code === IDLE && this.#port.unrest()) this.wake();
  }

  /** Has an idle worker look whether it is to end. */
  endIfDone(): void {
    if (!this.#isToEnd() || this.#running > 0 || this.#state.code !== IDLE) return;
    if (this.#port.unrest()) this.wake();
  }

  /** Whether there are as many calls under way as there may be. */
  #isFull(): boolean {
    return this.#running > 0 && this.#running > this.#own.awaited;
  }

  #mayStillClaim(): boolean {
    return this.#stays && this.#running > 0;
  }

  #isToEnd(): boolean {
    return this.#closing || this.#departing;
  }

  /** The arguments are here that {@link CallPort.argumentsOf} had to ask for. */
  begin(call: C, args: unknown[]): void {
    if (this.#holds > 0) setImmediate(() => this.begin(call, args));
    else if (this.#call(call, args)) this.#goOn();
  }

  /**
   * A task blocks this thread, and what arrives meanwhile is read: calls among it begin when the event loop has its next
   * turn. The loop may be idle, if a promise has carried the task on. Nobody is to count on it then.
   */
  hold(): void {
    if (this.#holds++ > 0 || this.#state.code !== IDLE || !this.#port.unrest()) return;
    if (this.#state.run(IDLE) && this.#state.stop(LEFT)) this.#port.leaves();
  }

  release(): void {
    if (--this.#holds === 0 && this.#state.code === LEFT) setImmediate(() => this.resume());
  }

  readonly #nextSlice = (): void => {
    if (!this.#state.run(YIELDING)) return;
    this.#slice.next();
    this.#run();
  };

  #run(): void {
    try {
      this.#serveAll();
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): void {
    if (this.#state.end()) this.#settings.onFault(error);
  }

  #serveAll(): void {
    const port = this.#port;
    while (!this.#slice.isOver) {
      if (this.#isFull()) {
        if (this.#state.stop(LEFT)) port.leaves();
        return;
      }
      const call = this.#departing && !this.#mayStillClaim() ? undefined : port.claim();
      if (call === undefined) {
        if (this.#isToEnd() && this.#running === 0 && port.isFlushed()) {
          this.#end(this.#departing);
          return;
        }
        if (!port.rests()) continue;
        this.#state.stop(IDLE);
        return;
      }
      this.#slice.count();
      this.#running++;
      port.begins(call);
      const isOver = this.#serve(call);
      if (this.#state.code !== RUNNING) return;
      if (isOver) port.endsAtOnce(call);
      else {
        port.leaves();
        if (this.#isFull()) {
          this.#state.stop(LEFT);
          return;
        }
        // Its promise may be settled already: what the next call does to this worker is not to reach this one.
        port.resumes();
        break;
      }
    }
    port.turns();
    if (this.#state.stop(YIELDING)) setImmediate(this.#nextSlice);
  }

  /** @returns whether the call is over, so that the loop can go on with the next. */
  #serve(call: C): boolean {
    let args: unknown[] | undefined;
    try {
      args = this.#port.argumentsOf(call);
    } catch (cause) {
      const text = 'The arguments could not be rebuilt in the worker.';
      this.#fail(call, new PicklingError(text, { cause }));
      return true;
    }
    return args !== undefined && this.#call(call, args);
  }

  #call(call: C, args: unknown[]): boolean {
    const id = this.#port.functionOf(call);
    const fn = this.#functions.get(id) ?? this.#announced(id);
    if (fn !== undefined) return this.#invoke(call, fn, args);
    return this.#functions.carryOn(
      { id, args, alone: this.#running === 1 },
      (made, list) => this.#invoke(call, made, list),
      (error) => this.#fail(call, error),
      () => this.#goOn(),
    );
  }

  /** Reads messages until the function is known: it was announced before any call of it was published. */
  #announced(id: number): AnyFunction | undefined {
    while (!this.#functions.has(id) && this.#port.receiveNow());
    return this.#functions.get(id);
  }

  #invoke(call: C, fn: AnyFunction, args: unknown[]): boolean {
    let result: unknown;
    try {
      result = this.#port.isCaptured(call)
        ? this.#capture(call, fn, args)
        : this.#perform(call, fn, args);
      if (isThenable(result)) {
        void this.#settle(call, result);
        return false;
      }
    } catch (error) {
      this.#fail(call, error);
      return true;
    }
    this.#finish(call, result);
    return true;
  }

  /** By itself, because functions inside of one cost each call of that one a context, whether they are made or not. */
  #capture(call: C, fn: AnyFunction, args: unknown[]): unknown {
    const number = this.#port.numberOf(call);
    return withCapturedOutput(
      (stream, text) => this.#port.send({ kind: 'output', call: number, stream, text }),
      () => this.#perform(call, fn, args),
    );
  }

  #perform(call: C, fn: AnyFunction, args: unknown[]): unknown {
    return this.#port.isChunk(call)
      ? this.#performItems(call, fn, args)
      : apply(fn, undefined, args);
  }

  /** By itself, as {@link #capture}. */
  #performItems(call: C, fn: AnyFunction, items: unknown[]): Promise<PackedOutcome[]> {
    return runChunkItems(fn, items, (error) =>
      packError(error, this.#settings.name, this.#taskName(call), this.#port.channel),
    );
  }

  async #settle(call: C, result: PromiseLike<unknown>): Promise<void> {
    let value: unknown;
    try {
      value = await result;
    } catch (error) {
      this.#fail(call, error);
      this.#goOn();
      return;
    }
    this.#finish(call, value);
    this.#goOn();
  }

  /** A call that the loop had left to itself is over. */
  #goOn(): void {
    this.resume();
    this.endIfDone();
  }

  #finish(call: C, value: unknown): void {
    try {
      this.#outcomes.finish(call, value, this.#taskName(call));
      this.#ended(call);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #fail(call: C, reason: unknown): void {
    try {
      this.#outcomes.fail(call, reason, this.#taskName(call));
      this.#ended(call);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #ended(call: C): void {
    this.#port.ended(call);
    this.#running--;
    if (this.#running === 0 && this.#own.awaited > 0) this.#own.forgetAwaited();
    this.#done++;
    const { maxTasks } = this.#settings;
    if (maxTasks > 0 && this.#done >= maxTasks && this.#running === 0) this.#end(true);
  }

  #end(retired: boolean): void {
    if (this.#state.end()) this.#port.leave(retired);
  }

  #taskName(call: C): string {
    return this.#functions.nameOf(this.#port.functionOf(call));
  }
}
