/**
 * When the parent looks for notices of its workers.
 *
 * It is asleep, scheduled or in a pass (`parent-loop-state.ts`).
 *
 * A pass takes what is there, and while calls are under way watches a little for what comes next,
 * before it arms the notification and leaves. The first pass after a submit is a microtask, so a
 * short call is answered before the event loop moves on at all; that is what makes a call cost a
 * microsecond. It is bounded twice: a pass ends after `PASS` milliseconds, and after `IN_A_ROW` passes
 * the next one waits for its turn of the event loop, so that timers and sockets are served however
 * busy the pool is.
 *
 * Watching is worth it only for short calls. The number of looks doubles when watching has paid off and halves when
 * it has not, down to nothing; every now and then a pass tries again with a little.
 *
 * RACE arm-vs-notice: the parent arms and then looks at the rings once more; the worker pushes its
 * notice and then looks whether the parent is armed. Both are sequentially consistent, so at least one
 * sees the other.
 */
import { KeepAlive } from '../executor/keep-alive.ts';
import { Word } from './layout.ts';
import { ParentLoopMachine, ParentLoopState } from './parent-loop-state.ts';

/** Looks at the rings, about 10 ns each. */
const MOST_SPINS = 4096;
const LEAST_SPINS = 64;
const GLANCE = 64;
/** One pass in this many watches at length although that has not paid off lately. */
const RETRY = 16;
/** Milliseconds. */
const PASS = 5;
/** Milliseconds between two looks around of a thread that is blocked. */
const SILENCE = 50;
const IN_A_ROW = 64;

const resolved = Promise.resolve();

export interface ParentWork {
  /** Takes all notices there are. @returns whether there were any. */
  drain(): boolean;
  hasNotice(): boolean;
  /** Delivers the messages that have arrived, for a thread that is blocked. */
  deliver(): void;
  /** Looks for what is told by events only, which a blocked thread does not get: deaths of workers, times that are over. */
  lookAround(): void;
  /** Whether any calls are under way. */
  isBusy(): boolean;
  /** The last chance to see to what only this thread can see to, before a worker wakes it. */
  beforeSleep(): void;
}

export class ParentLoop {
  readonly #words: Int32Array;
  readonly #work: ParentWork;
  readonly #keepAlive = new KeepAlive();
  readonly #state = new ParentLoopMachine();
  #spins = MOST_SPINS;
  #impatientPasses = 0;
  #cold = false;
  #passesInARow = 0;
  /** Whether a `waitAsync` is outstanding: it stays so, over any number of passes, until it is notified. */
  #waiting = false;
  readonly #pass = (): void => this.#run();
  readonly #passInTurn = (): void => {
    this.#passesInARow = 0;
    this.#run();
  };

  constructor(words: Int32Array, work: ParentWork) {
    this.#words = words;
    this.#work = work;
  }

  /**
   * A call was submitted: looks for its outcome soon.
   *
   * @param cold - a worker had to be woken for it. Its answer will take longer than watching is worth,
   *   and the worker is slower to wake beside a core that spins.
   */
  kick(cold: boolean): void {
    if (cold) this.#cold = true;
    if (this.#state.is(ParentLoopState.Asleep)) this.#schedule();
  }

  /**
   * Blocks this thread until `isDone()`, or for `timeout` milliseconds. About every 50 ms it looks for what nobody tells
   * a blocked thread.
   */
  block(isDone: () => boolean, timeout: number): void {
    const until = performance.now() + timeout;
    let lookAt = performance.now() + SILENCE;
    for (;;) {
      this.#work.drain();
      if (isDone()) break;
      this.#work.deliver();
      if (isDone()) break;
      const left = until - performance.now();
      if (left <= 0) break;
      this.#work.beforeSleep();
      Atomics.store(this.#words, Word.ParentArmed, 1);
      if (!this.#work.hasNotice()) {
        Atomics.wait(this.#words, Word.ParentArmed, 1, Math.min(left, SILENCE));
      }
      if (performance.now() >= lookAt) {
        this.#work.lookAround();
        lookAt = performance.now() + SILENCE;
      }
      Atomics.store(this.#words, Word.ParentArmed, 0);
    }
    // Notifications of this time were consumed here; what is still under way needs a new arming.
    if (this.#state.is(ParentLoopState.Asleep)) this.#schedule();
  }

  /** Nothing will come any more: gives back the timer and the pending wait, which hold on to all of this. */
  end(): void {
    this.#keepAlive.end();
    Atomics.store(this.#words, Word.ParentArmed, 0);
    Atomics.notify(this.#words, Word.ParentArmed);
  }

  #schedule(): void {
    this.#state.schedule();
    if (this.#passesInARow++ < IN_A_ROW) void resolved.then(this.#pass);
    else setImmediate(this.#passInTurn);
  }

  #run(): void {
    if (!this.#state.pass()) return;
    try {
      this.#passOver();
    } finally {
      // Left by an exception, which goes on its way; what is under way still needs us.
      if (this.#state.is(ParentLoopState.Passing)) this.#schedule();
    }
  }

  #passOver(): void {
    Atomics.store(this.#words, Word.ParentArmed, 0);
    const began = performance.now();
    const work = this.#work;
    let rounds = 0;
    for (;;) {
      const some = work.drain();
      if (!work.isBusy()) {
        this.#keepAlive.release();
        this.#state.sleep();
        return;
      }
      if (!some) {
        const cold = this.#cold;
        this.#cold = false;
        if ((cold || !this.#watch()) && this.#sleep()) return;
      } else if (!this.#glance()) {
        // Those who waited for what has just settled come first: they may have more to submit.
        this.#schedule();
        return;
      } else if ((++rounds & 7) === 0 && performance.now() - began > PASS) {
        this.#passesInARow = IN_A_ROW;
        this.#schedule();
        return;
      }
    }
  }

  /** In a burst the next notice is there within a microsecond, and is worth that wait. */
  #glance(): boolean {
    for (let looks = GLANCE; looks > 0; looks--) if (this.#work.hasNotice()) return true;
    return false;
  }

  /** @returns whether a notice has come while we looked. */
  #watch(): boolean {
    let looks = this.#spins;
    if (looks < LEAST_SPINS) {
      if (++this.#impatientPasses < RETRY) return false;
      this.#impatientPasses = 0;
      looks = LEAST_SPINS * 8;
    }
    for (; looks > 0; looks--) {
      if (this.#work.hasNotice()) {
        this.#spins = Math.min(MOST_SPINS, Math.max(LEAST_SPINS, this.#spins * 2));
        return true;
      }
    }
    this.#spins >>= 1;
    return false;
  }

  /** Arms the notification. @returns false if there is a notice after all. */
  #sleep(): boolean {
    this.#work.beforeSleep();
    Atomics.store(this.#words, Word.ParentArmed, 1);
    if (this.#work.hasNotice()) {
      Atomics.store(this.#words, Word.ParentArmed, 0);
      return false;
    }
    if (!this.#waiting) {
      const wait = Atomics.waitAsync(this.#words, Word.ParentArmed, 1);
      if (!wait.async) return false;
      this.#waiting = true;
      void wait.value.then(() => {
        this.#waiting = false;
        if (this.#state.is(ParentLoopState.Asleep)) this.#passInTurn();
      });
    }
    this.#keepAlive.hold();
    this.#state.sleep();
    return true;
  }
}
