/**
 * The protocol by which workers sleep without missing a call, and are woken without waste.
 *
 *     OCCUPIED -> BUSY       it is ready, or done with a call that might have taken long
 *     BUSY     -> OCCUPIED   it begins a call that may take long
 *     BUSY     -> WATCHING   it finds the queue empty, and no other worker watches it
 *     BUSY     -> PARKED     it finds the queue empty
 *     WATCHING -> BUSY       it finds work, or has watched long enough
 *     WATCHING -> RESERVED   the parent has a call for just this worker (arguments that must be moved)
 *     PARKED   -> BUSY       the thread that clears its bit in `Parked`: a waker, or the worker itself
 *     PARKED   -> RESERVED   the parent, likewise
 *     BUSY     -> OCCUPIED   also if its task blocks the thread of a worker that was parked or is being woken
 *     RESERVED -> BUSY       the worker, when the message with the arguments is there
 *
 * OCCUPIED is also the state of an index without a worker, and of a worker that is still starting.
 *
 * A parked worker waits with `Atomics.waitAsync`, so its event loop goes on: timers fire, sockets are served. The wait
 * has no time limit, so an idle worker uses no CPU.
 *
 * Waking costs a waker about ten microseconds and takes fifty, so it is done only when needed. A publisher wakes one
 * worker if one is parked and no awake one will look at the queue in a moment: none watches it, none is waking up, and
 * none is BUSY (with a quick call). A worker that becomes OCCUPIED does the same for the calls queued at that moment.
 * So a burst of quick calls is run by the few workers that keep up with it, and slow calls wake one worker after
 * another.
 *
 * The judgement that a function is quick (quick-functions.ts) may be wrong: one of its calls may take long. Then the
 * parent wakes another worker; it looks at the queue before it goes to sleep, and now and then while it submits.
 *
 * Every step here is idempotent (bits and owners, no counters). A worker may die between any two of them, and the
 * parent must be able to clean up without knowing which.
 *
 * RACE park-vs-publish: the worker sets its bit and then looks at the queue once more; the publisher
 * appends and then looks at the bits. Both are sequentially consistent, so at least one sees the other.
 *
 * RACE watch-vs-publish: the publisher wakes no worker because one watches. The watcher leaves WATCHING before its last
 * look at the queue, so it sees everything that was published before that. The same is true for `Waking`, cleared
 * before the woken worker looks, and for BUSY, left before the worker that becomes OCCUPIED looks. A watcher that the
 * parent reserves does not look again; so the parent, which alone reserves, looks instead.
 *
 * RACE search-vs-park: a waker has set `Waking`, finds no parked worker, and clears it; a publisher may have relied on
 * it meanwhile. So the waker looks at the queue and the bits once more afterwards.
 *
 * RACE woken-and-dead: a waker or a woken worker dies before `Waking` is cleared, or between clearing a bit and
 * notifying. After a death the parent clears `Waking` and wakes all parked workers.
 */
import {
  atomicsAnd,
  atomicsCompareExchange,
  atomicsLoad,
  atomicsNotify,
  atomicsOr,
  atomicsStore,
  atomicsWait,
} from '../util/primordials.ts';
import type { ClaimQueue } from './claim-queue.ts';
import { type Layout, WorkerWord, Word } from './layout.ts';

export const RunState = { Occupied: 0, Busy: 1, Watching: 2, Parked: 3, Reserved: 4 } as const;

/** Number of looks at the queue before a worker parks: about 20–50 µs, longer than a hot caller's turn-around. */
const LOOKS = 4000;
/** Milliseconds: about the time that it takes to wake a thread. */
const NAP = 0.05;
/** Milliseconds between two looks at a waker's progress, in case it died before its notification. */
const MOMENT = 1;

export class Parking {
  readonly #words: Int32Array;
  readonly #layout: Layout;
  readonly #queue: ClaimQueue;
  readonly #workers: number;
  /** The queue's head at the parent's last look. */
  #headSeen = 0;

  constructor(words: Int32Array, layout: Layout, queue: ClaimQueue, workers: number) {
    this.#words = words;
    this.#layout = layout;
    this.#queue = queue;
    this.#workers = workers;
  }

  runWord(index: number): number {
    return this.#layout.workerWords(index) + WorkerWord.Run;
  }

  /** True if the worker has nothing to do. */
  isIdle(index: number): boolean {
    const state = this.runState(index);
    return state === RunState.Parked || state === RunState.Watching;
  }

  runState(index: number): number {
    return atomicsLoad(this.#words, this.runWord(index));
  }

  /**
   * Worker. Watches the queue for a while. @returns true if there may be work.
   *
   * @param gently - a thread is waking up because of this worker, and is slower to do so beside a core that spins:
   *   begin with a nap.
   */
  watch(index: number, gently: boolean): boolean {
    const words = this.#words;
    if (atomicsCompareExchange(words, Word.Watcher, 0, index + 1) !== 0) return false;
    const run = this.runWord(index);
    atomicsStore(words, run, RunState.Watching);
    if (gently) atomicsWait(words, run, RunState.Watching, NAP);
    for (let looks = LOOKS; looks > 0; looks--) {
      if (!this.#queue.isEmpty() || atomicsLoad(words, run) !== RunState.Watching) break;
    }
    atomicsStore(words, Word.Watcher, 0);
    const reserved =
      atomicsCompareExchange(words, run, RunState.Watching, RunState.Busy) !== RunState.Watching;
    return !reserved && !this.#queue.isEmpty();
  }

  /** Worker. @returns false if there is work after all; true if the worker is parked, or reserved by the parent. */
  park(index: number): boolean {
    const words = this.#words;
    const run = this.runWord(index);
    if (atomicsCompareExchange(words, run, RunState.Busy, RunState.Parked) !== RunState.Busy)
      return true;
    atomicsOr(words, Word.Parked + (index >> 5), 1 << (index & 31));
    atomicsStore(words, Word.Waking, 0);
    return this.#queue.isEmpty() || !this.unpark(index);
  }

  /** Takes a worker out of the parked state. @returns true if it was parked. */
  unpark(
    index: number,
    to: typeof RunState.Busy | typeof RunState.Reserved = RunState.Busy,
  ): boolean {
    const bit = 1 << (index & 31);
    if ((atomicsAnd(this.#words, Word.Parked + (index >> 5), ~bit) & bit) === 0) return false;
    atomicsStore(this.#words, this.runWord(index), to);
    return true;
  }

  /** Parent. Reserves an idle worker for a call that only it can run. @returns true if it is reserved now. */
  reserve(index: number): boolean {
    if (this.unpark(index, RunState.Reserved)) return true;
    const run = this.runWord(index);
    const watching = RunState.Watching;
    if (atomicsCompareExchange(this.#words, run, watching, RunState.Reserved) !== watching)
      return false;
    // The worker may be napping.
    atomicsNotify(this.#words, run);
    return true;
  }

  /** Parent. The call of a reserved worker will not come: the worker looks at the queue like any other. */
  release(index: number): void {
    atomicsStore(this.#words, this.runWord(index), RunState.Busy);
    atomicsNotify(this.#words, this.runWord(index));
  }

  /**
   * Worker. It leaves the parked state while another thread is already waking it: takes the wake at once.
   *
   * @returns false if it is reserved; a message will wake it.
   */
  takeWake(index: number): boolean {
    const run = this.runWord(index);
    // The thread that cleared the bit sets the run state next. If it dies first, the parent does.
    while (this.runState(index) === RunState.Parked)
      atomicsWait(this.#words, run, RunState.Parked, MOMENT);
    if (this.runState(index) === RunState.Reserved) return false;
    this.awake();
    return true;
  }

  /** Worker. It is awake and will look at the queue next. */
  awake(): void {
    atomicsStore(this.#words, Word.Waking, 0);
  }

  /** Worker. The call that it begins may take long, so another worker must be awake for the queued calls. */
  occupied(index: number): void {
    atomicsStore(this.#words, this.runWord(index), RunState.Occupied);
    if (this.needsWaking()) this.wakeOne();
  }

  /** Worker. It looks at the queue again. */
  busy(index: number): void {
    atomicsStore(this.#words, this.runWord(index), RunState.Busy);
  }

  /** True if a worker must be woken for the queued calls. */
  needsWaking(): boolean {
    const words = this.#words;
    if (!this.someParked() || atomicsLoad(words, Word.Waking) !== 0) return false;
    for (let index = 0; index < this.#workers; index++) {
      const state = atomicsLoad(words, this.runWord(index));
      if (state === RunState.Busy || state === RunState.Watching) return false;
    }
    return true;
  }

  someParked(): boolean {
    for (let word = (this.#workers - 1) >> 5; word >= 0; word--) {
      if (atomicsLoad(this.#words, Word.Parked + word) !== 0) return true;
    }
    return false;
  }

  /** Wakes one parked worker for the queued calls, unless one is waking up already. @returns true if one is. */
  wakeOne(): boolean {
    // Tries again if no worker was found: a publisher may have relied on `Waking` meanwhile, for a call that was
    // published after the last look of a worker that parked behind this search.
    while (this.someParked() && !this.#queue.isEmpty()) {
      if (this.#wakeAny()) return true;
    }
    return false;
  }

  /**
   * Parent. Wakes a worker if the head has not moved since the last look, although an awake worker was expected to move
   * it.
   */
  wakeIfStuck(): void {
    const head = atomicsLoad(this.#words, Word.Head);
    if (head === this.#headSeen) this.wakeOne();
    this.#headSeen = head;
  }

  /** Wakes one parked worker, if there is one. @returns true if a worker is waking up now. */
  #wakeAny(): boolean {
    const words = this.#words;
    if (atomicsCompareExchange(words, Word.Waking, 0, 1) !== 0) return true;
    for (let index = 0; index < this.#workers; index++) {
      if (this.unpark(index)) {
        atomicsNotify(words, this.runWord(index));
        return true;
      }
    }
    atomicsStore(words, Word.Waking, 0);
    return false;
  }

  /**
   * Parent. The worker with index `gone` is gone, in whatever state: finishes the steps that it may have left undone.
   */
  clear(gone: number): void {
    const words = this.#words;
    this.unpark(gone);
    atomicsCompareExchange(words, Word.Watcher, gone + 1, 0);
    atomicsStore(words, this.runWord(gone), RunState.Occupied);
    atomicsStore(words, Word.Waking, 0);
    for (let index = 0; index < this.#workers; index++) {
      if (this.runState(index) !== RunState.Parked) continue;
      this.unpark(index);
      atomicsStore(words, this.runWord(index), RunState.Busy);
      atomicsNotify(words, this.runWord(index));
    }
  }
}
