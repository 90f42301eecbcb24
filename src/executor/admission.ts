/**
 * Who may submit, how many calls are under way and what has become of the others, and when everything is over: the same
 * for every executor that has calls of its own, whether workers run them or a cluster.
 *
 *     admit -> entered … left -> (nothing under way, and shut down) -> onDrained -> close -> the promise of shutdown
 */
import { ShutdownError } from '../errors.ts';
import type { CallOutcome } from './backend.ts';
import {
  type AdmissionState,
  afterBreak,
  afterShutdown,
  BROKEN,
  DRAINING,
  OPEN,
} from './admission-state.ts';
import { processIsExiting } from './exit-hook.ts';
import { KeepAlive } from './keep-alive.ts';

export class Admission {
  /** Holds the process until everything is over, once somebody waits for that. */
  readonly #keepAlive = new KeepAlive();
  readonly #onDrained: () => void;
  readonly #counts: Record<CallOutcome, number> = { completed: 0, failed: 0, cancelled: 0 };
  #state: AdmissionState = OPEN;
  /** Makes the error that each call gets of a broken executor. */
  #brokenError: (() => Error) | undefined = undefined;
  #underWay = 0;
  #closed: Promise<void> | undefined = undefined;
  #resolveClosed: (() => void) | undefined = undefined;

  /** @param onDrained - called whenever no call is under way and none will be taken. */
  constructor(onDrained: () => void) {
    this.#onDrained = onDrained;
  }

  get isOpen(): boolean {
    return this.#state === OPEN;
  }

  get isBroken(): boolean {
    return this.#state === BROKEN;
  }

  /** Calls that were taken and are not over. */
  get underWay(): number {
    return this.#underWay;
  }

  /** What has become of the calls that are over. */
  get counts(): Readonly<Record<CallOutcome, number>> {
    return this.#counts;
  }

  /** @throws the error of a broken executor, or ShutdownError, if no call can be taken. */
  admit(): void {
    if (this.#state === OPEN && !processIsExiting()) return;
    if (this.#brokenError !== undefined) throw this.#brokenError();
    if (this.#state === DRAINING) {
      throw new ShutdownError(
        'Cannot schedule new futures after shutdown. Make a new executor, or shut this one down later.',
      );
    }
    throw new ShutdownError('Cannot schedule new futures: the process is exiting.');
  }

  /** A call was taken. */
  entered(): void {
    this.#underWay++;
  }

  /** A call is over before it could be taken. */
  refused(outcome: CallOutcome = 'failed'): void {
    this.#counts[outcome]++;
  }

  /** A call that was taken is over. */
  left(outcome: CallOutcome): void {
    this.#counts[outcome]++;
    this.#underWay--;
    this.#tellIfDrained();
  }

  /**
   * Takes no further calls. @returns a promise that settles with {@link close}; the process stays alive until then. The same
   * one each time.
   */
  shutdown(): Promise<void> {
    this.#state = afterShutdown(this.#state);
    if (this.#closed === undefined) {
      this.#closed = new Promise((resolve) => {
        this.#resolveClosed = resolve;
      });
      this.#keepAlive.hold();
    }
    return this.#closed;
  }

  /** Takes no further calls: each gets an error of its own that `error` makes. The first reason stays. */
  break(error: () => Error): boolean {
    if (this.#brokenError !== undefined) return false;
    this.#state = afterBreak();
    this.#brokenError = error;
    return true;
  }

  /** An error for a call of a broken executor; undefined if it is not broken. */
  brokenError(): Error | undefined {
    return this.#brokenError?.();
  }

  /** Whether somebody has asked for its end. */
  get isShutDown(): boolean {
    return this.#closed !== undefined;
  }

  /** Calls `onDrained` if nothing is under way and nothing will be. */
  #tellIfDrained(): void {
    if (this.#underWay === 0 && this.#state !== OPEN) this.#onDrained();
  }

  /** Nothing is left. May be said more than once. */
  close(): void {
    this.#keepAlive.end();
    this.#resolveClosed?.();
  }
}
