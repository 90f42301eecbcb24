/**
 * Hands calls out to worker processes, and takes outcomes in.
 *
 *     add -> queue -> assign -> a worker's hands -> outcome
 *              ^---------------'
 *              taken back: for an idle worker, or because its worker is dead
 *
 * The dispatcher uses numbers and bytes of calls only, no futures and no values.
 *
 * Balance. Calls begin in the order of submission, as far as workers have room. A call goes to an idle worker if there
 * is one. A worker that runs out of calls takes over unbegun calls from others: at once if those may be busy for long,
 * else when they have given no sign for a moment. So no call waits behind a long one while a worker is idle. A worker
 * with room also takes over stuck calls before it is given newer ones.
 *
 * Bounds. Calls that a worker does not read stay in the queue here, except for one channel's worth.
 */
import type { WorkerDeath } from '../errors.ts';
import type { FunctionEntry } from '../protocol/messages.ts';
import type { FromProcess, ProcessStart, ToProcess } from '../protocol/process-messages.ts';
import { cloneFromBytes } from '../codec/clone.ts';
import { Deque } from '../util/deque.ts';
import type { Call } from './call.ts';
import { CallTable } from './call-table.ts';
import { ParentClaims } from './claim-log.ts';
import type { Dispatch, DispatchEvents, DispatchSettings } from './dispatch.ts';
import { DispatchState } from './dispatch-state.ts';
import type { Frame } from '../protocol/frame.ts';
import { FrameParser } from './frame-parser.ts';
import { FrameKind } from './frame-layout.ts';
import { ProcessHandle } from './process-handle.ts';
import { WorkerQueue } from './worker-queue.ts';
import { WorkerQueueState } from './worker-queue-state.ts';

/** Milliseconds without a sign after which a worker counts as busy with a long call. */
const STUCK = 2;
/** Number of calls that are collected before a worker with room is given them in the middle of a turn. */
const BATCH = 64;
/** Number of workers that may die with a call in hand before they have begun any. */
const MOST_DEATHS = 3;

export class Dispatcher<Owner> implements Dispatch<Owner> {
  readonly #settings: DispatchSettings;
  readonly #events: DispatchEvents<Owner>;
  readonly calls = new CallTable<Call<Owner>>();
  readonly #queue = new Deque<Call<Owner>>();
  readonly #queues = new Map<number, WorkerQueue<Owner>>();
  /** The same queues, as a list: iteration for each call needs no iterator. */
  #queueList: readonly WorkerQueue<Owner>[] = [];
  readonly #functions: FunctionEntry[] = [];
  readonly #quick: (boolean | undefined)[] = [];
  readonly #isQuick = (fn: number): boolean => this.#quick[fn] === true;
  /** The number of calls in the queue, without withdrawn ones that are still in it. */
  #queued = 0;
  #assignsLater = false;
  /** True while {@link #assign} runs: events that it emits may lead back to it. */
  #isAssigning = false;
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
    if (this.#hasIdle() || this.#queued % BATCH === 0) this.#assign();
    else this.#assignLater();
  }

  /** @returns true if it will never run. */
  withdraw(id: number): boolean {
    const call = this.calls.get(id);
    if (call === undefined) return false;
    if (call.state === DispatchState.Queued) {
      call.withdraw();
      this.#queued--;
    } else {
      const queue = this.#queues.get(call.worker);
      if (queue === undefined) return false;
      const taken = this.#takeBack(queue, call, call, (each) => each.withdraw());
      if (taken.length === 0) return false;
      // The worker has room now, and causes no event by that.
      this.#assignLater();
    }
    this.calls.delete(id);
    return true;
  }

  hasBegun(id: number): boolean {
    const call = this.calls.get(id);
    return (
      call?.state === DispatchState.Sent && this.#queues.get(call.worker)?.hasBegun(call) === true
    );
  }

  workerOf(id: number): number | undefined {
    const call = this.calls.get(id);
    return call?.state === DispatchState.Sent ? call.worker : undefined;
  }

  /** The calls that have not begun. */
  pending(): Call<Owner>[] {
    const inHands = this.#queueList.flatMap((queue) => queue.pending());
    return inHands.concat(
      this.#queue.toArray().filter((call) => call.state === DispatchState.Queued),
    );
  }

  /** @throws Error if the system can't start another process. */
  spawn(id: number, start: Omit<ProcessStart, 'claims' | 'functions'>): void {
    const { entry, options, shapes, maxTasksPerChild } = this.#settings;
    const claims = makeClaims();
    const parser = new FrameParser((frame) => this.#receive(queue, frame), true);
    let handle: ProcessHandle;
    try {
      handle = new ProcessHandle(entry, options, claims?.fd, {
        data: (chunk) => this.#hear(queue, parser, chunk),
        drained: () => this.#assign(),
        exited: (death, cause) => this.#exited(queue, death, cause),
      });
    } catch (error) {
      claims?.close();
      throw error;
    }
    const common = { functions: this.#functions, shapes };
    const queue = new WorkerQueue<Owner>(id, handle, claims, common, maxTasksPerChild);
    this.#queues.set(id, queue);
    this.#queueList = [...this.#queues.values()];
    queue.tell({ kind: 'start', start: { ...start, functions: [], claims: claims?.secret } });
    this.#assign();
  }

  tell(id: number, message: ToProcess): void {
    this.#queues.get(id)?.tell(message);
  }

  setWaiting(id: number, calls: number, blocked: boolean): void {
    const queue = this.#queues.get(id);
    if (queue === undefined) return;
    queue.awaited = calls;
    queue.isBlocked = blocked;
    // A blocked worker begins none of them.
    if (blocked) this.#takeOver(queue, queue.pending());
    this.#assign();
  }

  close(id: number): void {
    const queue = this.#queues.get(id);
    queue?.leave();
    queue?.handle.hold();
  }

  kill(id: number, signal: NodeJS.Signals): void {
    this.#queues.get(id)?.handle.kill(signal);
  }

  isIdle(id: number): boolean {
    const queue = this.#queues.get(id);
    return queue?.state === WorkerQueueState.Ready && queue.inHand === 0;
  }

  lastWords(id: number): string | undefined {
    return this.#queues.get(id)?.handle.lastWords;
  }

  block(): boolean {
    return false;
  }

  end(): void {
    clearTimeout(this.#lookAgain);
    this.#lookAgain = undefined;
  }

  #hear(queue: WorkerQueue<Owner>, parser: FrameParser, chunk: Uint8Array): void {
    const understood = parser.push(chunk);
    queue.lastSign = performance.now();
    if (!understood) {
      queue.handle.cause ??= new Error(
        'Something in the worker wrote to file descriptor 3, which is the channel to its parent; it was ended for that.',
      );
      queue.handle.kill('SIGKILL');
      return;
    }
    if (queue.inHand === 0 && this.#queued > 0) queue.ranDry();
    this.#assign();
  }

  #receive(queue: WorkerQueue<Owner>, frame: Frame): void {
    switch (frame.kind) {
      case FrameKind.Outcome:
        this.#outcome(queue, frame);
        break;
      case FrameKind.Message: {
        const content = frame.attached?.[0];
        if (content === undefined) return;
        this.#message(queue, cloneFromBytes(new Uint8Array(content)) as FromProcess);
        break;
      }
      case FrameKind.Shapes:
        this.#events.shapes(queue.id, frame);
        break;
      default:
    }
  }

  #message(queue: WorkerQueue<Owner>, message: FromProcess): void {
    if (message.kind === 'ready') queue.start();
    if (message.kind === 'leaving') {
      queue.depart();
      this.#takeOver(queue, queue.pending());
    }
    if (message.kind === 'still-here') queue.stay();
    if (message.kind === 'output') {
      // Only for a call that the worker has: late output must not go to another call with that number.
      const call = this.calls.get(message.call);
      if (call === undefined || !queue.holds(call)) return;
    }
    this.#events.message(queue.id, message);
  }

  #outcome(queue: WorkerQueue<Owner>, frame: Frame): void {
    const call = this.calls.get(frame.number);
    if (call === undefined || !queue.holds(call) || !call.finish()) return;
    this.calls.delete(call.id);
    this.#quick[call.fn] = frame.extra !== 0;
    queue.finished(call);
    this.#events.outcome(queue.id, call, frame);
    if (queue.isEmptied) this.#events.emptied(queue.id);
  }

  #exited(queue: WorkerQueue<Owner>, death: WorkerDeath, cause: unknown): void {
    const before = queue.state;
    const { isToEnd } = queue;
    if (!queue.end()) return;
    const begun = queue.claims?.claimed() ?? Infinity;
    const lost: Call<Owner>[] = [];
    const left: Call<Owner>[] = [];
    for (const call of queue.calls()) {
      // The death of a worker that was starting is no evidence about the calls.
      if (begun === 0 && before !== WorkerQueueState.Starting) call.deaths++;
      if (call.sequence > begun && call.deaths < MOST_DEATHS && call.takeBack()) left.push(call);
      else if (call.finish()) {
        this.calls.delete(call.id);
        lost.push(call);
      }
    }
    for (const call of left.toReversed()) this.#requeue(call);
    this.#queues.delete(queue.id);
    this.#queueList = [...this.#queues.values()];
    queue.claims?.close();
    this.#events.exited(queue.id, death, cause, isToEnd, lost);
    this.#assign();
  }

  #requeue(call: Call<Owner>): void {
    this.#queue.unshift(call);
    this.#queued++;
  }

  /** After the caller has added or withdrawn its calls, of which there may be many. */
  #assignLater(): void {
    if (this.#assignsLater) return;
    this.#assignsLater = true;
    queueMicrotask(() => {
      this.#assignsLater = false;
      this.#assign();
    });
  }

  /**
   * Gives calls to workers, as long as there are both calls and room, and then finds calls for idle workers.
   *
   * A loop with a bound: each round takes calls back at most once, and one round for each worker is all that can help.
   * Calls that are left are looked at again later, like everything that is stuck.
   */
  #assign(): void {
    if (this.#isAssigning) return;
    this.#isAssigning = true;
    try {
      for (let rounds = this.#queueList.length; rounds >= 0; rounds--) {
        if (this.#queued > 0) this.#takeOverStuck();
        this.#giveAll();
        if (this.#queued > 0 || !this.#takeForIdle()) {
          // A worker sends nothing when it comes to calls that were taken back.
          if (this.#queued > 0 && this.#queueList.some((queue) => queue.mustPassItsLog)) break;
          return;
        }
      }
      this.#lookAgainSoon();
    } finally {
      this.#isAssigning = false;
    }
  }

  #giveAll(): void {
    for (let call = this.#first(); call !== undefined; call = this.#first()) {
      const queue = this.#queueFor(call);
      if (queue === undefined) return;
      this.#give(queue, call);
    }
  }

  #first(): Call<Owner> | undefined {
    for (let call = this.#queue.peek(); call !== undefined; call = this.#queue.peek()) {
      if (call.state === DispatchState.Queued) return call;
      this.#queue.shift();
    }
    return undefined;
  }

  /** The worker with room that will probably come to this call first. */
  #queueFor(call: Call<Owner>): WorkerQueue<Owner> | undefined {
    const quick = this.#isQuick(call.fn);
    const mayBegin = this.#countBusy() < this.#settings.maxWorkers;
    let best: WorkerQueue<Owner> | undefined;
    let starting: WorkerQueue<Owner> | undefined;
    for (const queue of this.#queueList) {
      const isStarting = queue.state === WorkerQueueState.Starting;
      const rival = isStarting ? starting : best;
      if (rival !== undefined && !isBetter(queue, rival, call)) continue;
      if (queue.isToEnd || (!mayBegin && !queue.isBusy)) continue;
      if (queue.roomFor(quick) <= 0) continue;
      if (isStarting) starting = queue;
      else best = queue;
    }
    return best ?? starting ?? (mayBegin ? this.#lastResort() : undefined);
  }

  /** A worker that is to end, and waits for calls itself, if all others are blocked until some call has run. */
  #lastResort(): WorkerQueue<Owner> | undefined {
    let blocked = 0;
    for (const queue of this.#queueList) {
      if (queue.isBlocked) blocked++;
      else if (!queue.isToEnd) return undefined;
    }
    if (blocked === 0) return undefined;
    return this.#queueList.find((queue) => queue.isToEnd && queue.roomFor(false) > 0);
  }

  /**
   * The number of workers with calls in hand, beyond those that only wait for others. A leaving worker may still be
   * busy while its successor is ready; together the busy ones must not exceed `maxWorkers`.
   */
  #countBusy(): number {
    let count = 0;
    for (const queue of this.#queueList) if (queue.isBusy) count++;
    return count;
  }

  /** Gives one call, or a share of a row of quick ones. */
  #give(queue: WorkerQueue<Owner>, first: Call<Owner>): void {
    const quick = this.#isQuick(first.fn);
    const share = Math.ceil(this.#queued / (2 * this.#queues.size));
    const most = quick ? Math.min(queue.roomFor(true), Math.max(1, share)) : 1;
    const batch: Call<Owner>[] = [];
    for (let call = this.#first(); call !== undefined; call = this.#first()) {
      if (batch.length === most || this.#isQuick(call.fn) !== quick) break;
      this.#queue.shift();
      this.#queued--;
      batch.push(call);
    }
    queue.send(batch, this.#isQuick);
    if (queue.hasUsedUpItsCalls && queue.leave()) this.#events.leaving(queue.id);
  }

  /** True if a worker, other than `beside`, would begin a call at once. */
  #hasIdle(beside?: WorkerQueue<Owner>): boolean {
    for (const queue of this.#queueList)
      if (
        queue.load === 0 &&
        queue.state === WorkerQueueState.Ready &&
        queue !== beside &&
        queue.roomFor(true) > 0
      )
        return true;
    return false;
  }

  /** Takes over calls that wait behind a long one, now that another worker has room. */
  #takeOverStuck(): void {
    const now = performance.now();
    for (const queue of this.#queueList) {
      const isStuck = queue.mayLose && now - queue.lastSign > STUCK;
      if (isStuck && this.#hasRoomBeside(queue)) this.#takeOver(queue, queue.pending());
    }
  }

  /** True if calls taken back from this worker would not be given to it again. */
  #hasRoomBeside(stuck: WorkerQueue<Owner>): boolean {
    for (const queue of this.#queueList) {
      if (queue === stuck || queue.state !== WorkerQueueState.Ready || queue.load > stuck.load)
        continue;
      if (queue.roomFor(false) <= 0) continue;
      if (queue.isBusy || this.#countBusy() < this.#settings.maxWorkers) return true;
    }
    return false;
  }

  /** A worker is idle, and the queue is empty: takes over calls of another one. @returns true if there were some. */
  #takeForIdle(): boolean {
    if (this.#queues.size < 2 || !this.#hasIdle()) return false;
    if (this.#countBusy() >= this.#settings.maxWorkers) return false;
    let fullest: WorkerQueue<Owner> | undefined;
    for (const queue of this.#queueList)
      if (queue.mayLose && queue.inHand > (fullest?.inHand ?? 0) && this.#hasIdle(queue))
        fullest = queue;
    if (fullest === undefined) return false;
    const stuck = performance.now() - fullest.lastSign > STUCK;
    if (!stuck && !fullest.mayTakeLong && fullest.state !== WorkerQueueState.Starting) {
      this.#lookAgainSoon();
      return false;
    }
    const pending = fullest.pending();
    const from = stuck || fullest.state === WorkerQueueState.Starting ? 0 : pending.length >> 1;
    return this.#takeOver(fullest, pending.slice(from));
  }

  #lookAgainSoon(): void {
    this.#lookAgain ??= setTimeout(() => {
      this.#lookAgain = undefined;
      this.#assign();
    }, STUCK);
  }

  /** @returns true if some calls were taken. */
  #takeOver(queue: WorkerQueue<Owner>, calls: readonly Call<Owner>[]): boolean {
    const [first] = calls;
    const last = calls.at(-1);
    if (first === undefined || last === undefined) return false;
    const taken = this.#takeBack(queue, first, last, (call) => call.takeBack());
    for (const call of taken.toReversed()) this.#requeue(call);
    return taken.length > 0;
  }

  #takeBack(
    queue: WorkerQueue<Owner>,
    first: Call<Owner>,
    last: Call<Owner>,
    how: (call: Call<Owner>) => boolean,
  ): readonly Call<Owner>[] {
    const taken = queue.takeBack(first, last, how);
    if (taken.length > 0 && queue.isEmptied) this.#events.emptied(queue.id);
    return taken;
  }
}

/** Compares by less to do; then by not having kept this call waiting; then by fewer calls in hand. */
function isBetter<Owner>(
  queue: WorkerQueue<Owner>,
  rival: WorkerQueue<Owner>,
  { worker }: Call<Owner>,
): boolean {
  if (queue.load !== rival.load) return queue.load < rival.load;
  if ((queue.id === worker) !== (rival.id === worker)) return rival.id === worker;
  return queue.inHand < rival.inHand;
}

/** If no file can be made, workers get one call at a time. */
function makeClaims(): ParentClaims | undefined {
  try {
    return new ParentClaims();
  } catch {
    return undefined;
  }
}
