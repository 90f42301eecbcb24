/**
 * The main loop of a worker, the same for every kind of worker.
 *
 *     claim -> take arguments -> find the function -> run -> hand the outcome over -> claim …
 *
 * The worker runs one call at a time: an async task occupies it until the task settles, as a task occupies a Python
 * thread. The exception is a task that waits for calls of its own pool: the worker runs as many other calls
 * meanwhile as it waits for, because they may be those. There are never more, so one call at a time runs again after
 * the wait. The event loop gets an iteration about every millisecond, however long the queue is; while the worker is
 * idle, it runs freely.
 *
 * Each call is settled once. The language itself awaits the result of a task: it resolves a promise only once and
 * does not use `Promise.prototype`. So neither a thenable that calls back twice nor a patched prototype affects
 * another call.
 *
 * A worker that was told to end, or whose exit handlers have run, begins only calls that are already assigned to it,
 * and ends after them. The exit handlers may have failed to end it (`worker-runtime.ts`). In that case the worker
 * stays until its tasks that wait for calls of their own pool are done. It may be the only worker that can run those
 * calls, so it takes further calls as long as there are such tasks.
 *
 * An error of the runtime itself ends the worker: a task has closed the claim log, or there is no memory for an
 * outcome. The error is caught here: as an uncaught exception it could be handled by a task's code, and the loop
 * would stand still.
 *
 * RACE end-vs-claim: ending a thread takes effect some instructions later, and the code of exit handlers, or a stub in
 * place of Node's exit, may keep it from taking effect at all. The state is Ended before that, so nothing is claimed.
 */
import { packError } from '../codec/error-envelope.ts';
import { PicklingError } from '../errors.ts';
import type { PackedOutcome } from '../protocol/messages.ts';
import { apply, setImmediate } from '../util/primordials.ts';
import { isThenable } from '../util/thenable.ts';
import { LoopMachine, LoopState } from './call-loop-state.ts';
import type { WorkerPort } from './call-port.ts';
import type { FunctionTable } from './function-table.ts';
import type { AnyFunction } from './import-function.ts';
import { Outcomes } from './outcomes.ts';
import { withCapturedOutput } from './output-capture.ts';
import { runChunkItems } from './run-chunk.ts';
import { StayMachine, StayState } from './stay-state.ts';
import { TimeSlice } from './time-slice.ts';

export interface LoopSettings {
  /** The name of this worker in errors. */
  readonly name: string;
  /** Number of calls after which the worker ends; 0 for no limit. */
  readonly maxTasks: number;
  /** Called if the runtime itself fails: this worker has to end, in whatever state tasks have left it. */
  readonly onFault: (error: unknown) => void;
}

/** The calls that tasks of this worker have submitted to their own pool. */
export interface OwnCalls {
  /** Number of these calls that tasks wait for. */
  readonly awaited: number;
  /** Called when no task is left that could wait. */
  forgetAwaited(): void;
}

export class CallLoop<C> {
  readonly #port: WorkerPort<C>;
  readonly #functions: FunctionTable;
  readonly #own: OwnCalls;
  readonly #settings: LoopSettings;
  readonly #outcomes: Outcomes<C>;
  readonly #state = new LoopMachine();
  readonly #slice = new TimeSlice();
  /**
   * Number of calls that have begun and are not done: more than one only while tasks wait for calls of their own
   * pool.
   */
  #running = 0;
  #done = 0;
  readonly #stay = new StayMachine();
  /** The number of nested tasks that are in the middle of their own code while messages are read. */
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

  /** True if a task is running. */
  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** Continues the loop after a call that it has left, unless it runs already. Also starts the loop. */
  resume(): void {
    if (this.#holds > 0 || this.#isFull() || !this.#state.run(LoopState.Left)) return;
    this.#port.resumes();
    this.#run();
  }

  /** Called when there may be work for an idle worker. */
  wake(): void {
    if (this.#holds > 0) setImmediate(() => this.wake());
    else if (this.#state.run(LoopState.Idle)) this.#runAfresh();
  }

  #runAfresh(): void {
    this.#slice.begin();
    this.#run();
  }

  /** Called when a task may have stopped waiting for other calls: an idle worker is then busy again. */
  stopIfFull(): void {
    if (this.#isFull() && this.#state.is(LoopState.Idle) && this.#port.unrest()) this.wake();
  }

  /** True if the worker has ended: it claims nothing more. */
  get hasEnded(): boolean {
    return this.#state.is(LoopState.Ended);
  }

  /** Makes the worker end when it has nothing left to do. */
  close(): void {
    this.#stay.close();
    this.endIfDone();
  }

  /**
   * Called when the worker is about to end, even with unfinished calls. If it does not end then, it ends after them.
   */
  depart(): void {
    this.#stay.depart();
  }

  /** Called when the end was prevented. */
  stay(): void {
    this.#stay.stay();
    if (this.#state.is(LoopState.Idle) && this.#port.unrest()) this.wake();
  }

  /** Lets an idle worker check whether it has to end. */
  endIfDone(): void {
    if (!this.#stay.isToEnd || this.#running > 0 || !this.#state.is(LoopState.Idle)) return;
    if (this.#port.unrest()) this.wake();
  }

  /** True if no further call may begin now. */
  #isFull(): boolean {
    return this.#running > 0 && this.#running > this.#own.awaited;
  }

  #mayStillClaim(): boolean {
    return this.#stay.is(StayState.Staying) && this.#running > 0;
  }

  /** Called when the arguments have arrived that {@link CallPort.argumentsOf} had to request. */
  begin(call: C, args: unknown[]): void {
    if (this.#holds > 0) setImmediate(() => this.begin(call, args));
    else if (this.#call(call, args)) this.#goOn();
  }

  /**
   * Called when a task blocks this thread and reads messages. Calls among the messages begin in the next event loop
   * iteration. The loop may be idle, if a promise has continued the task. It leaves that state, so that no call is
   * left to this worker.
   */
  hold(): void {
    if (this.#holds++ > 0 || !this.#state.is(LoopState.Idle) || !this.#port.unrest()) return;
    if (this.#state.run(LoopState.Idle) && this.#state.stop(LoopState.Left)) this.#port.leaves();
  }

  release(): void {
    if (--this.#holds === 0 && this.#state.is(LoopState.Left)) setImmediate(() => this.resume());
  }

  readonly #nextSlice = (): void => {
    if (!this.#state.run(LoopState.Yielding)) return;
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
        if (this.#state.stop(LoopState.Left)) port.leaves();
        return;
      }
      const call = this.#stay.hasDeparted && !this.#mayStillClaim() ? undefined : port.claim();
      if (call === undefined) {
        if (this.#stay.isToEnd && this.#running === 0 && port.isFlushed()) {
          this.#end(this.#stay.hasDeparted);
          return;
        }
        if (!port.rests()) continue;
        this.#state.stop(LoopState.Idle);
        return;
      }
      this.#slice.count();
      this.#running++;
      port.begins(call);
      const isOver = this.#serve(call);
      if (!this.#state.is(LoopState.Running)) return;
      if (isOver) port.endsAtOnce(call);
      else {
        port.leaves();
        if (this.#isFull()) {
          this.#state.stop(LoopState.Left);
          return;
        }
        // The call may be settled already. Its outcome is sent before the next call begins, which could end this
        // worker.
        port.resumes();
        break;
      }
    }
    port.turns();
    if (this.#state.stop(LoopState.Yielding)) setImmediate(this.#nextSlice);
  }

  /** @returns true if the call is done, so that the loop continues with the next one. */
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

  /** A separate method: functions inside `#invoke` would cost each call a context, even if they are not created. */
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

  /** A separate method for the same reason as {@link #capture}. */
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

  /** Called when a call is done that the loop had left. */
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
