/**
 * A worker of the pool and the calls that it was sent, as the side that hands out calls sees it: its process, what it was
 * told, the calls in its hands.
 *
 * How many calls a worker may have in its hands depends on what they are. Of functions that may take
 * long: the one that it runs and the next, so that it need not wait for it. Of quick ones: so many
 * that it does not run dry while its outcomes are on the way, which is found out by doubling the number
 * each time it does.
 */
import type { FunctionEntry } from '../protocol/messages.ts';
import type { ToProcess } from '../protocol/process-messages.ts';
import { Deque } from '../util/deque.ts';
import type { Call } from './call.ts';
import type { ParentClaims } from './claim-log.ts';
import { DispatchState } from './dispatch-state.ts';
import { messageFrame, shapesFrame } from './frame-layout.ts';
import type { ProcessHandle } from './process-handle.ts';
import { WorkerQueueMachine, WorkerQueueState } from './worker-queue-state.ts';

const FEW = 2;
const MOST = 1024;

/** What workers have to be told before the first call that needs it. */
export interface CommonKnowledge {
  readonly functions: readonly FunctionEntry[];
  /** A region of shapes, see codec/shapes.ts. */
  readonly shapes: Uint8Array;
}

export class WorkerQueue<Owner> {
  /** The worker's number, which no other will ever have. */
  readonly id: number;
  readonly handle: ProcessHandle;
  /** Undefined where there can be no log: the worker then gets one call at a time, which counts as begun. */
  readonly claims: ParentClaims | undefined;
  readonly #state = new WorkerQueueMachine();
  readonly #common: CommonKnowledge;
  #toldFunctions = 0;
  #toldShapes = 4;
  /** In the order in which they were sent; calls that are not here any more are passed over. */
  #sent = new Deque<Call<Owner>>();
  /** Those of them that it had not begun when that was last looked at, and which was the last that it had begun then. */
  #unbegun = new Deque<Call<Owner>>();
  #lastBegun = 0;
  #inHand = 0;
  #slowInHand = 0;
  /** As far as is known: see {@link #noteBegun}. */
  #begunInHand = 0;
  #lastSequence = 0;
  #depth = 16;
  /** How many calls it may still be given. */
  #quota: number;
  /**
   * Calls of the pool that its own tasks wait for. A task that waits leaves its worker to others, so it
   * does not count among those in the worker's hands.
   */
  awaited = 0;
  /** Whether one of these tasks lets nobody else run until its call is done. */
  isBlocked = false;
  /** When it was last heard of, or was given something to do. */
  lastSign = 0;

  constructor(
    id: number,
    handle: ProcessHandle,
    claims: ParentClaims | undefined,
    common: CommonKnowledge,
    maxTasks: number,
  ) {
    this.id = id;
    this.handle = handle;
    this.claims = claims;
    this.#common = common;
    this.#quota = maxTasks === 0 ? Infinity : maxTasks;
  }

  get state(): WorkerQueueState {
    return this.#state.current;
  }

  /** Whether it was given the last call that it may do, or was asked to end. */
  get isToEnd(): boolean {
    return this.#state.isToEnd;
  }

  get inHand(): number {
    return this.#inHand;
  }

  /** How many calls it has to be done with before it begins another: tasks that wait for others let it begin those. */
  get load(): number {
    return Math.max(0, this.#inHand - this.awaited);
  }

  /** Whether one of the calls in its hands may take long. */
  get mayTakeLong(): boolean {
    return this.#slowInHand > 0;
  }

  /** @returns whether it was starting. */
  start(): boolean {
    return this.#state.start();
  }

  /** @returns whether it was told to end by this. */
  leave(): boolean {
    if (!this.#state.leave()) return false;
    this.tell({ kind: 'close' });
    return true;
  }

  /** It ends by itself, and is given nothing any more. */
  depart(): void {
    this.#state.depart();
  }

  /** It has not ended by itself. */
  stay(): void {
    const wasTold = this.#state.isToEnd;
    if (this.#state.stay() && !wasTold) this.tell({ kind: 'close' });
  }

  /** @returns whether it was there. */
  end(): boolean {
    return this.#state.end();
  }

  get hasUsedUpItsCalls(): boolean {
    return this.#quota === 0;
  }

  /**
   * Whether it has begun calls that do not just wait for others. What lies behind a task that blocks its worker is not
   * begun, and keeps nobody from being; nor does what had begun beside that task, which stands still.
   */
  get isBusy(): boolean {
    if (this.isBlocked || this.#inHand <= this.awaited) return false;
    if (this.awaited === 0 || this.claims === undefined) return true;
    this.#noteBegun(this.claims.claimed());
    return this.#begunInHand > this.awaited;
  }

  /** Counts what it has begun by now. Who waits for thousands of calls has this asked for with each of them. */
  #noteBegun(last: number): void {
    let next = this.#unbegun.peek();
    while (next !== undefined && (next.sequence <= last || !this.holds(next))) {
      if (this.holds(next)) this.#begunInHand++;
      this.#unbegun.shift();
      next = this.#unbegun.peek();
    }
    this.#lastBegun = Math.max(this.#lastBegun, last);
  }

  /** Whether there may be calls in its hands that it has not begun. */
  get mayLose(): boolean {
    return this.#inHand > (this.#state.is(WorkerQueueState.Starting) ? 0 : 1);
  }

  /** Whether it is to end and has nothing left to do. */
  get isEmptied(): boolean {
    return this.#state.is(WorkerQueueState.Leaving) && this.#inHand === 0;
  }

  /**
   * How many further calls it can be given now, if they are of such a function. One that is starting is given a few, so
   * that they need nobody once it has started; they can be taken back as long as it has not.
   */
  roomFor(quick: boolean): number {
    if (this.handle.isFull || this.isBlocked || this.mustPassItsLog) return 0;
    const { claims } = this;
    // What comes too late to be begun can be taken back.
    if (this.#state.is(WorkerQueueState.Leaving) && this.awaited > 0 && claims !== undefined)
      return 1 - (this.#inHand - this.awaited);
    if (this.#state.is(WorkerQueueState.Starting))
      return claims === undefined ? 0 : Math.min(FEW - this.#inHand, this.#quota - 1);
    if (!this.#state.is(WorkerQueueState.Ready)) return 0;
    const inHand = this.#inHand - this.awaited;
    if (claims === undefined) return Math.min(1 - inHand, this.#quota);
    const most = quick && this.#slowInHand === 0 ? this.#depth : FEW;
    return Math.min(most - inHand, this.#quota);
  }

  /** Whether its log must be emptied before it is given anything, which has to wait until it has come to all it was sent. */
  get mustPassItsLog(): boolean {
    const { claims } = this;
    return claims?.isTooLarge === true && claims.claimed() < this.#lastSequence;
  }

  /** It has run out of calls although there were some. */
  ranDry(): void {
    this.#depth = Math.min(MOST, this.#depth * 2);
  }

  tell(message: ToProcess): void {
    this.handle.write(messageFrame(message));
  }

  /** Sends calls, and before them what the worker has to know. */
  send(calls: readonly Call<Owner>[], isQuick: (fn: number) => boolean): void {
    const pieces: Uint8Array[] = [];
    if (this.#inHand === 0) this.lastSign = performance.now();
    // A task that waits for others is in its hands for as long as it likes, so that the log may have to be emptied beside it.
    if (this.#inHand === 0 || this.claims?.isTooLarge === true) this.#emptyClaims(pieces);
    this.#tellNews(pieces);
    let page: Uint8Array | undefined;
    let start = 0;
    let end = 0;
    for (const call of calls) {
      if (!call.send(this.id, this.#lastSequence + 1, isQuick(call.fn))) continue;
      this.#lastSequence++;
      this.#sent.push(call);
      if (this.claims !== undefined) this.#unbegun.push(call);
      this.#inHand++;
      this.#quota--;
      if (!call.quick) this.#slowInHand++;
      if (call.page !== page || call.start !== end) {
        if (page !== undefined) pieces.push(page.subarray(start, end));
        ({ page, start } = call);
      }
      end = call.end;
      if (call.attached.length > 0) {
        pieces.push(page.subarray(start, end), ...call.attached);
        page = undefined;
      }
    }
    if (page !== undefined) pieces.push(page.subarray(start, end));
    this.handle.write(pieces);
  }

  /**
   * Empties the log, if the worker has nothing to say about what is in it any more. Calls that were taken
   * back may still be on their way to it, and it will look for that in the log; it claims them, too, when it
   * comes to them.
   */
  #emptyClaims(pieces: Uint8Array[]): void {
    const { claims } = this;
    if (claims?.isLarge !== true || claims.claimed() < this.#lastSequence) return;
    claims.reset();
    pieces.push(...messageFrame({ kind: 'claims-reset' }));
  }

  #tellNews(pieces: Uint8Array[]): void {
    const { functions, shapes } = this.#common;
    for (; this.#toldFunctions < functions.length; this.#toldFunctions++) {
      const entry = functions[this.#toldFunctions] as FunctionEntry;
      pieces.push(...messageFrame({ kind: 'function', entry }));
    }
    const end = new DataView(shapes.buffer, shapes.byteOffset).getUint32(0, true);
    if (end > this.#toldShapes) {
      pieces.push(shapesFrame(shapes, this.#toldShapes, end));
      this.#toldShapes = end;
    }
  }

  /** A call has been finished. */
  finished(call: Call<Owner>): void {
    this.#letGo(call);
    this.#passOver(this.#sent);
    this.#passOver(this.#unbegun);
  }

  /** Takes off the calls in front that are not here any more: they would be kept, with all that they hold. */
  #passOver(calls: Deque<Call<Owner>>): void {
    let first = calls.peek();
    while (first !== undefined && !this.holds(first)) {
      calls.shift();
      first = calls.peek();
    }
  }

  holds(call: Call<Owner>): boolean {
    return call.state === DispatchState.Sent && call.worker === this.id;
  }

  /** The calls in its hands, in the order in which it will begin them or has. */
  calls(): Call<Owner>[] {
    return this.#sent.toArray().filter((call) => this.holds(call));
  }

  /** Those of them that it has not begun, as of now. */
  pending(): Call<Owner>[] {
    if (this.#inHand === 0) return [];
    const begun = this.claims?.claimed() ?? Infinity;
    return this.calls().filter((call) => call.sequence > begun);
  }

  hasBegun(call: Call<Owner>): boolean {
    return this.claims === undefined || this.claims.claimed() >= call.sequence;
  }

  /** Takes back those of its calls from `first` to `last` that it has not begun; `how` is done to each. */
  takeBack(
    first: Call<Owner>,
    last: Call<Owner>,
    how: (call: Call<Owner>) => boolean,
  ): Call<Owner>[] {
    if (this.claims === undefined) return [];
    const begun = this.claims.take(first.sequence, last.sequence);
    const taken: Call<Owner>[] = [];
    const left = new Deque<Call<Owner>>();
    const unbegun = new Deque<Call<Owner>>();
    for (const call of this.calls()) {
      const { sequence } = call;
      if (
        sequence > begun &&
        sequence >= first.sequence &&
        sequence <= last.sequence &&
        how(call)
      ) {
        taken.push(call);
        this.#letGo(call);
        this.#quota++;
      } else {
        left.push(call);
        if (sequence > this.#lastBegun) unbegun.push(call);
      }
    }
    this.#sent = left;
    this.#unbegun = unbegun;
    return taken;
  }

  #letGo(call: Call<Owner>): void {
    this.#inHand--;
    if (!call.quick) this.#slowInHand--;
    if (call.sequence <= this.#lastBegun) this.#begunInHand--;
  }
}
