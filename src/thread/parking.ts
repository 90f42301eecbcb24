/**
 * How workers sleep without missing work, and are woken without waste.
 *
 *     OCCUPIED -> BUSY       it is ready, or done with what might have taken long
 *     BUSY     -> OCCUPIED   it begins a call that may take long
 *     BUSY     -> WATCHING   it finds the queue empty, and nobody else is watching it
 *     BUSY     -> PARKED     it finds the queue empty
 *     WATCHING -> BUSY       it finds work, or has watched long enough
 *     WATCHING -> RESERVED   the parent has a call for just this worker (arguments that must be moved)
 *     PARKED   -> BUSY       whoever clears its bit in `Parked`: a waker, or the worker itself
 *     PARKED   -> RESERVED   the parent, likewise
 *     BUSY     -> OCCUPIED   also if its task blocks the thread of a worker that was parked or is being woken
 *     RESERVED -> BUSY       the worker, when the message with the arguments is there
 *
 * OCCUPIED is also the state of a worker without a worker, or with one that is still starting.
 *
 * A parked worker waits with `Atomics.waitAsync`, so its event loop goes on: timers fire, sockets are
 * served. The wait has no time limit, so an idle worker costs nothing.
 *
 * Waking costs a waker about ten microseconds and takes fifty, so it is done when it is needed.
 * Whoever publishes work wakes one worker if somebody is parked and nobody will look at the queue by
 * himself in a moment: nobody watches it, nobody is waking up, and nobody is BUSY, which says "with
 * something quick". Whoever becomes OCCUPIED does the same for what is queued at that moment. So a
 * burst of quick calls is worked off by as few workers as keep up with it, and slow ones wake one
 * worker after another.
 *
 * Which functions are quick is a judgement (quick-functions.ts) and may be wrong: a quick one takes long for
 * once. Then the parent, which looks at the queue before it goes to sleep and now and then while it
 * submits, wakes another worker.
 *
 * Everything here is idempotent (bits and owners, no counters), because a worker may die between any
 * two of these steps, and the parent must be able to clean up without knowing which.
 *
 * RACE park-vs-publish: the worker sets its bit and then looks at the queue once more; the publisher
 * appends and then looks at the bits. Both are sequentially consistent, so at least one sees the other.
 *
 * RACE watch-vs-publish: the publisher wakes nobody because somebody watches. The watcher leaves
 * WATCHING before its last look at the queue, so what was published before that is seen by it. The
 * same holds for `Waking`, cleared before the woken worker looks, and for BUSY, left before the worker
 * that becomes OCCUPIED looks. A watcher that the parent reserves does not look again; so the parent,
 * who alone reserves, does.
 *
 * RACE search-vs-park: a waker has set `Waking`, finds nobody, and clears it; a publisher may have
 * relied on it meanwhile. So the waker looks at the queue and the bits once more afterwards.
 *
 * RACE woken-and-dead: a waker or a woken worker dies before `Waking` is cleared, or between clearing
 * a bit and notifying. The parent, told of the death, clears `Waking` and wakes everybody.
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

/** Looks at the queue before a worker parks: about 20–50 µs, longer than a hot caller's turn-around. */
const LOOKS = 4000;
/** Milliseconds: about what it takes to wake a thread. */
const NAP = 0.05;
/** Milliseconds between two looks whether a waker has got further, should its notification have been lost with it. */
const MOMENT = 1;

export class Parking {
  readonly #words: Int32Array;
  readonly #layout: Layout;
  readonly #queue: ClaimQueue;
  readonly #workers: number;
  /** The parent's last look at the queue's head. */
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

  /** Whether the worker has nothing to do. */
  isIdle(index: number): boolean {
    const state = this.runState(index);
    return state === RunState.Parked || state === RunState.Watching;
  }

  runState(index: number): number {
    return atomicsLoad(this.#words, this.runWord(index));
  }

  /**
   * Worker. Watches the queue for a while; true: there may be work.
   *
   * @param gently - somebody is waking up on account of this worker, and is slower to do so beside a
   *   core that spins: begin with a nap.
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

  /** Worker. False: there is work after all, stay awake. True: parked, or reserved by the parent. */
  park(index: number): boolean {
    const words = this.#words;
    const run = this.runWord(index);
    if (atomicsCompareExchange(words, run, RunState.Busy, RunState.Parked) !== RunState.Busy)
      return true;
    atomicsOr(words, Word.Parked + (index >> 5), 1 << (index & 31));
    atomicsStore(words, Word.Waking, 0);
    return this.#queue.isEmpty() || !this.unpark(index);
  }

  /** Takes a worker out of the parked state. @returns whether it was in it. */
  unpark(
    index: number,
    to: typeof RunState.Busy | typeof RunState.Reserved = RunState.Busy,
  ): boolean {
    const bit = 1 << (index & 31);
    if ((atomicsAnd(this.#words, Word.Parked + (index >> 5), ~bit) & bit) === 0) return false;
    atomicsStore(this.#words, this.runWord(index), to);
    return true;
  }

  /** Parent. Keeps an idle worker for a call that only it can be given. @returns whether it is ours now. */
  reserve(index: number): boolean {
    if (this.unpark(index, RunState.Reserved)) return true;
    const run = this.runWord(index);
    const watching = RunState.Watching;
    if (atomicsCompareExchange(this.#words, run, watching, RunState.Reserved) !== watching)
      return false;
    // It may be napping.
    atomicsNotify(this.#words, run);
    return true;
  }

  /** Parent. A reserved worker is to look at the queue as any other: the call that it was kept for won't come. */
  release(index: number): void {
    atomicsStore(this.#words, this.runWord(index), RunState.Busy);
    atomicsNotify(this.#words, this.runWord(index));
  }

  /**
   * Worker. It leaves the parked state, and somebody else is waking it already: takes the wake at once.
   *
   * @returns false if it is reserved, for a message that will wake it.
   */
  takeWake(index: number): boolean {
    const run = this.runWord(index);
    // Whoever has cleared the bit is about to say what for. Should it die first, the parent says so.
    while (this.runState(index) === RunState.Parked)
      atomicsWait(this.#words, run, RunState.Parked, MOMENT);
    if (this.runState(index) === RunState.Reserved) return false;
    this.awake();
    return true;
  }

  /** Worker. It is awake and about to look at the queue. */
  awake(): void {
    atomicsStore(this.#words, Word.Waking, 0);
  }

  /** Worker. What it begins now may take long, so somebody else has to be there for what is queued. */
  occupied(index: number): void {
    atomicsStore(this.#words, this.runWord(index), RunState.Occupied);
    if (this.needsWaking()) this.wakeOne();
  }

  /** Worker. It looks at the queue again. */
  busy(index: number): void {
    atomicsStore(this.#words, this.runWord(index), RunState.Busy);
  }

  /** Whether what is in the queue needs somebody to be woken for it. */
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

  /** Wakes one parked worker for what is in the queue, unless one is waking up already. @returns whether one is. */
  wakeOne(): boolean {
    // Goes round again when it found nobody: a publisher may have relied on `Waking` meanwhile, for
    // work that was published after the last look of a worker that parked behind this search.
    while (this.someParked() && !this.#queue.isEmpty()) {
      if (this.#wakeAny()) return true;
    }
    return false;
  }

  /** Parent. Some worker was taken for one that would look at the queue in a moment: has it? */
  wakeIfStuck(): void {
    const head = atomicsLoad(this.#words, Word.Head);
    if (head === this.#headSeen) this.wakeOne();
    this.#headSeen = head;
  }

  /** Wakes one parked worker, if there is one. @returns whether somebody is waking up now. */
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

  /** Parent. The worker of a index is gone, wherever it was: puts in order what it may have left undone. */
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
