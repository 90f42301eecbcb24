/**
 * Hands calls out to worker processes, and takes outcomes in.
 *
 *     add -> queue -> deal -> a worker's hands -> outcome
 *              ^---------------'
 *              taken back: for an idle worker, or because its worker is dead
 *
 * Knows calls by number and bytes only, no futures and no values.
 *
 * Balance. Calls are begun in the order of submission, as far as workers have room. A call goes to a
 * worker with nothing to do if there is one. A worker that runs out of work while others hold calls
 * that they have not begun takes over from them, at once if they may be busy for long, else when
 * they have given no sign for a moment. So no call waits behind a long one while a worker is idle.
 * A worker that has room takes over what is stuck, too, before it is given newer calls.
 *
 * Bounds. What a worker does not read stays in the queue here, but for one channel's worth.
 */
import type { WorkerDeath } from '../errors.ts';
import type { FunctionEntry } from '../protocol/messages.ts';
import type { FromProcess, ProcessStart, ToProcess } from '../protocol/process-messages.ts';
import { cloneFromBytes } from '../codec/clone.ts';
import { Deque } from '../util/deque.ts';
import { type Call, QUEUED, SENT } from './call.ts';
import { CallTable } from './call-table.ts';
import { ParentClaims } from './claim-log.ts';
import type { Dispatch, DispatchEvents, DispatchSettings } from './dispatch.ts';
import type { Frame } from '../protocol/frame.ts';
import { FrameParser } from './frame-parser.ts';
import { Kind } from './frame.ts';
import { ProcessHandle } from './process-handle.ts';
import { ProcessLane, READY, STARTING } from './process-lane.ts';

/** Milliseconds without a sign after which a worker counts as busy with something long. */
const STUCK = 2;
/** How many calls are collected before a worker that has room is given them in the middle of a turn. */
const BATCH = 64;
/** How many workers may die with a call in their hands before they have begun any at all. */
const MOST_DEATHS = 3;

export class Dispatcher<Owner> implements Dispatch<Owner> {
  readonly #settings: DispatchSettings;
  readonly #events: DispatchEvents<Owner>;
  readonly calls = new CallTable<Call<Owner>>();
  readonly #queue = new Deque<Call<Owner>>();
  readonly #lanes = new Map<number, ProcessLane<Owner>>();
  /** The same lanes, to be gone through with each call without so much as an iterator. */
  #laneList: readonly ProcessLane<Owner>[] = [];
  readonly #functions: FunctionEntry[] = [];
  readonly #quick: (boolean | undefined)[] = [];
  readonly #isQuick = (fn: number): boolean => this.#quick[fn] === true;
  /** Calls in the queue; others that are still in it were withdrawn. */
  #queued = 0;
  #dealSoon = false;
  /** Whether {@link #deal} is under way: what it tells others may lead back to it. */
  #dealing = false;
  #lookAgain: NodeJS.Timeout | undefined = undefined;

  constructor(settings: DispatchSettings, events: DispatchEvents<Owner>) {
    this.#settings = settings;
    this.#events = events;
  }

  announce(entry: FunctionEntry): void {
    this.#functions.push(entry);
  }

  add(call: Call<Owner>): void {
    this.calls.set(call);
    this.#queue.push(call);
    this.#queued++;
    if (this.#hasIdle() || this.#queued % BATCH === 0) this.#deal();
    else this.#dealAfterThis();
  }

  /** @returns whether it will never run. */
  withdraw(id: number): boolean {
    const call = this.calls.get(id);
    if (call === undefined) return false;
    if (call.state === QUEUED) {
      call.withdraw();
      this.#queued--;
    } else {
      const lane = this.#lanes.get(call.worker);
      if (lane === undefined) return false;
      const taken = this.#takeBack(lane, call, call, (each) => each.withdraw());
      if (taken.length === 0) return false;
      // The worker has room, and does not know.
      this.#dealAfterThis();
    }
    this.calls.delete(id);
    return true;
  }

  hasBegun(id: number): boolean {
    const call = this.calls.get(id);
    return call?.state === SENT && this.#lanes.get(call.worker)?.hasBegun(call) === true;
  }

  workerOf(id: number): number | undefined {
    const call = this.calls.get(id);
    return call?.state === SENT ? call.worker : undefined;
  }

  /** The calls that have not begun. */
  pending(): Call<Owner>[] {
    const inHands = this.#laneList.flatMap((lane) => lane.pending());
    return inHands.concat(this.#queue.toArray().filter((call) => call.state === QUEUED));
  }

  /** @throws Error if the system can't start another process. */
  spawn(id: number, start: Omit<ProcessStart, 'claims' | 'functions'>): void {
    const { entry, options, shapes, maxTasksPerChild } = this.#settings;
    const claims = makeClaims();
    const parser = new FrameParser((frame) => this.#receive(lane, frame), true);
    let handle: ProcessHandle;
    try {
      handle = new ProcessHandle(entry, options, claims?.fd, {
        data: (chunk) => this.#hear(lane, parser, chunk),
        drained: () => this.#deal(),
        exited: (death, cause) => this.#exited(lane, death, cause),
      });
    } catch (error) {
      claims?.close();
      throw error;
    }
    const common = { functions: this.#functions, shapes };
    const lane = new ProcessLane<Owner>(id, handle, claims, common, maxTasksPerChild);
    this.#lanes.set(id, lane);
    this.#laneList = [...this.#lanes.values()];
    lane.tell({ kind: 'start', start: { ...start, functions: [], claims: claims?.secret } });
    this.#deal();
  }

  tell(id: number, message: ToProcess): void {
    this.#lanes.get(id)?.tell(message);
  }

  setWaiting(id: number, calls: number, blocked: boolean): void {
    const lane = this.#lanes.get(id);
    if (lane === undefined) return;
    lane.awaited = calls;
    lane.isBlocked = blocked;
    // It begins none of them before it is free again.
    if (blocked) this.#takeOver(lane, lane.pending());
    this.#deal();
  }

  close(id: number): void {
    const lane = this.#lanes.get(id);
    lane?.leave();
    lane?.handle.hold();
  }

  kill(id: number, signal: NodeJS.Signals): void {
    this.#lanes.get(id)?.handle.kill(signal);
  }

  isIdle(id: number): boolean {
    const lane = this.#lanes.get(id);
    return lane?.state === READY && lane.inHand === 0;
  }

  lastWords(id: number): string | undefined {
    return this.#lanes.get(id)?.handle.lastWords;
  }

  block(): boolean {
    return false;
  }

  end(): void {
    clearTimeout(this.#lookAgain);
    this.#lookAgain = undefined;
  }

  #hear(lane: ProcessLane<Owner>, parser: FrameParser, chunk: Uint8Array): void {
    const understood = parser.push(chunk);
    lane.lastSign = performance.now();
    if (!understood) {
      lane.handle.cause ??= new Error(
        'Something in the worker wrote to file descriptor 3, which is the channel to its parent; it was ended for that.',
      );
      lane.handle.kill('SIGKILL');
      return;
    }
    if (lane.inHand === 0 && this.#queued > 0) lane.ranDry();
    this.#deal();
  }

  #receive(lane: ProcessLane<Owner>, frame: Frame): void {
    switch (frame.kind) {
      case Kind.Outcome:
        this.#outcome(lane, frame);
        break;
      case Kind.Message: {
        const content = frame.attached?.[0];
        if (content === undefined) return;
        this.#message(lane, cloneFromBytes(new Uint8Array(content)) as FromProcess);
        break;
      }
      case Kind.Shapes:
        this.#events.shapes(lane.id, frame);
        break;
      default:
    }
  }

  #message(lane: ProcessLane<Owner>, message: FromProcess): void {
    if (message.kind === 'ready') lane.start();
    if (message.kind === 'leaving') {
      lane.depart();
      this.#takeOver(lane, lane.pending());
    }
    if (message.kind === 'still-here') lane.stay();
    if (message.kind === 'output') {
      // Only of a call that it has: what comes late is not taken for the output of another call with that number.
      const call = this.calls.get(message.call);
      if (call === undefined || !lane.holds(call)) return;
    }
    this.#events.message(lane.id, message);
  }

  #outcome(lane: ProcessLane<Owner>, frame: Frame): void {
    const call = this.calls.get(frame.number);
    if (call === undefined || !lane.holds(call) || !call.finish()) return;
    this.calls.delete(call.id);
    this.#quick[call.fn] = frame.extra !== 0;
    lane.finished(call);
    this.#events.outcome(lane.id, call, frame);
    if (lane.isEmptied) this.#events.emptied(lane.id);
  }

  #exited(lane: ProcessLane<Owner>, death: WorkerDeath, cause: unknown): void {
    const before = lane.state;
    if (!lane.end()) return;
    const begun = lane.claims?.claimed() ?? Infinity;
    const lost: Call<Owner>[] = [];
    const left: Call<Owner>[] = [];
    for (const call of lane.calls()) {
      // One that has died while it was starting says nothing about the calls.
      if (begun === 0 && before !== STARTING) call.deaths++;
      if (call.place > begun && call.deaths < MOST_DEATHS && call.takeBack()) left.push(call);
      else if (call.finish()) {
        this.calls.delete(call.id);
        lost.push(call);
      }
    }
    for (const call of left.toReversed()) this.#requeue(call);
    this.#lanes.delete(lane.id);
    this.#laneList = [...this.#lanes.values()];
    lane.claims?.close();
    this.#events.exited(lane.id, death, cause, lane.isToEnd, lost);
    this.#deal();
  }

  #requeue(call: Call<Owner>): void {
    this.#queue.unshift(call);
    this.#queued++;
  }

  /** When who adds or withdraws calls is done with that: there may be many. */
  #dealAfterThis(): void {
    if (this.#dealSoon) return;
    this.#dealSoon = true;
    queueMicrotask(() => {
      this.#dealSoon = false;
      this.#deal();
    });
  }

  /**
   * Gives calls to workers, as long as there are both calls and room, and then finds work for idle ones.
   *
   * A loop with a bound: each round takes calls out of other hands at most once, and a round for each worker is all that
   * can be of use. What is left then is looked at again later, as everything that is stuck.
   */
  #deal(): void {
    if (this.#dealing) return;
    this.#dealing = true;
    try {
      for (let rounds = this.#laneList.length; rounds >= 0; rounds--) {
        if (this.#queued > 0) this.#takeOverStuck();
        this.#giveAll();
        if (this.#queued > 0 || !this.#takeForIdle()) {
          // A worker says nothing when it comes to calls that were taken back.
          if (this.#queued > 0 && this.#laneList.some((lane) => lane.mustPassItsLog)) break;
          return;
        }
      }
      this.#lookAgainSoon();
    } finally {
      this.#dealing = false;
    }
  }

  #giveAll(): void {
    for (let call = this.#first(); call !== undefined; call = this.#first()) {
      const lane = this.#laneFor(call);
      if (lane === undefined) return;
      this.#give(lane, call);
    }
  }

  #first(): Call<Owner> | undefined {
    for (let call = this.#queue.peek(); call !== undefined; call = this.#queue.peek()) {
      if (call.state === QUEUED) return call;
      this.#queue.shift();
    }
    return undefined;
  }

  /** The worker that will come to this call first, as far as can be known, if it has room for it. */
  #laneFor(call: Call<Owner>): ProcessLane<Owner> | undefined {
    const quick = this.#isQuick(call.fn);
    const mayBegin = this.#employed() < this.#settings.maxWorkers;
    let best: ProcessLane<Owner> | undefined;
    let starting: ProcessLane<Owner> | undefined;
    for (const lane of this.#laneList) {
      const isStarting = lane.state === STARTING;
      const rival = isStarting ? starting : best;
      if (rival !== undefined && !isBetter(lane, rival, call)) continue;
      if (lane.isToEnd || (!mayBegin && !lane.isEmployed)) continue;
      if (lane.roomFor(quick) <= 0) continue;
      if (isStarting) starting = lane;
      else best = lane;
    }
    return best ?? starting ?? (mayBegin ? this.#lastResort() : undefined);
  }

  /** A worker that is to end, and waits for calls itself, if whoever stays is blocked until some call is carried out. */
  #lastResort(): ProcessLane<Owner> | undefined {
    let blocked = 0;
    for (const lane of this.#laneList) {
      if (lane.isBlocked) blocked++;
      else if (!lane.isToEnd) return undefined;
    }
    if (blocked === 0) return undefined;
    return this.#laneList.find((lane) => lane.isToEnd && lane.roomFor(false) > 0);
  }

  /**
   * How many workers have calls in their hands, beyond those that only wait for others. One that leaves may still be busy
   * while its successor is ready; together they must not be more than the pool may have.
   */
  #employed(): number {
    let count = 0;
    for (const lane of this.#laneList) if (lane.isEmployed) count++;
    return count;
  }

  /** One call, or a share of a row of quick ones. */
  #give(lane: ProcessLane<Owner>, first: Call<Owner>): void {
    const quick = this.#isQuick(first.fn);
    const share = Math.ceil(this.#queued / (2 * this.#lanes.size));
    const most = quick ? Math.min(lane.roomFor(true), Math.max(1, share)) : 1;
    const batch: Call<Owner>[] = [];
    for (let call = this.#first(); call !== undefined; call = this.#first()) {
      if (batch.length === most || this.#isQuick(call.fn) !== quick) break;
      this.#queue.shift();
      this.#queued--;
      batch.push(call);
    }
    lane.send(batch, this.#isQuick);
    if (lane.hasUsedUpItsCalls && lane.leave()) this.#events.leaving(lane.id);
  }

  /** Whether a worker, other than that one, would begin what it is given. */
  #hasIdle(beside?: ProcessLane<Owner>): boolean {
    for (const lane of this.#laneList)
      if (lane.load === 0 && lane.state === READY && lane !== beside && lane.roomFor(true) > 0)
        return true;
    return false;
  }

  /** What waits behind something long goes first, now that somebody else has room. */
  #takeOverStuck(): void {
    const now = performance.now();
    for (const lane of this.#laneList) {
      const isStuck = lane.mayLose && now - lane.lastSign > STUCK;
      if (isStuck && this.#hasRoomBeside(lane)) this.#takeOver(lane, lane.pending());
    }
  }

  /** Whether what is taken back from a worker would not be given to that same one again. */
  #hasRoomBeside(stuck: ProcessLane<Owner>): boolean {
    for (const lane of this.#laneList) {
      if (lane === stuck || lane.state !== READY || lane.load > stuck.load) continue;
      if (lane.roomFor(false) <= 0) continue;
      if (lane.isEmployed || this.#employed() < this.#settings.maxWorkers) return true;
    }
    return false;
  }

  /** Somebody has nothing to do, and the queue is empty: takes what is in other hands. @returns whether there was something. */
  #takeForIdle(): boolean {
    if (this.#lanes.size < 2 || !this.#hasIdle()) return false;
    if (this.#employed() >= this.#settings.maxWorkers) return false;
    let fullest: ProcessLane<Owner> | undefined;
    for (const lane of this.#laneList)
      if (lane.mayLose && lane.inHand > (fullest?.inHand ?? 0) && this.#hasIdle(lane))
        fullest = lane;
    if (fullest === undefined) return false;
    const stuck = performance.now() - fullest.lastSign > STUCK;
    if (!stuck && !fullest.mayTakeLong && fullest.state !== STARTING) {
      this.#lookAgainSoon();
      return false;
    }
    const pending = fullest.pending();
    const from = stuck || fullest.state === STARTING ? 0 : pending.length >> 1;
    return this.#takeOver(fullest, pending.slice(from));
  }

  #lookAgainSoon(): void {
    this.#lookAgain ??= setTimeout(() => {
      this.#lookAgain = undefined;
      this.#deal();
    }, STUCK);
  }

  /** @returns whether there was something to take. */
  #takeOver(lane: ProcessLane<Owner>, calls: readonly Call<Owner>[]): boolean {
    const [first] = calls;
    const last = calls.at(-1);
    if (first === undefined || last === undefined) return false;
    const taken = this.#takeBack(lane, first, last, (call) => call.takeBack());
    for (const call of taken.toReversed()) this.#requeue(call);
    return taken.length > 0;
  }

  #takeBack(
    lane: ProcessLane<Owner>,
    first: Call<Owner>,
    last: Call<Owner>,
    how: (call: Call<Owner>) => boolean,
  ): readonly Call<Owner>[] {
    const taken = lane.takeBack(first, last, how);
    if (taken.length > 0 && lane.isEmptied) this.#events.emptied(lane.id);
    return taken;
  }
}

/** Whoever has less to do; then whoever has not kept this call waiting already; then whoever has fewer in its hands. */
function isBetter<Owner>(
  lane: ProcessLane<Owner>,
  rival: ProcessLane<Owner>,
  { worker }: Call<Owner>,
): boolean {
  if (lane.load !== rival.load) return lane.load < rival.load;
  if ((lane.id === worker) !== (rival.id === worker)) return rival.id === worker;
  return lane.inHand < rival.inHand;
}

/** Where no file can be made, workers get one call at a time. */
function makeClaims(): ParentClaims | undefined {
  try {
    return new ParentClaims();
  } catch {
    return undefined;
  }
}
