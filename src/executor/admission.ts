/**
 * Decides whether a call may be submitted, counts the calls under way and their outcomes, and detects the end: the same
 * for every executor with calls of its own, whether workers or a cluster run them.
 *
 *     admit -> entered … left -> (nothing under way, and shut down) -> onDrained -> close -> the promise of shutdown
 */
import { ShutdownError } from '../errors.ts';
import type { CallOutcome } from './backend.ts';
import { AdmissionMachine, AdmissionState } from './admission-state.ts';
import { processIsExiting } from './exit-hook.ts';
import { KeepAlive } from './keep-alive.ts';

export class Admission {
  /** Keeps the process alive until the end, once code waits for the end. */
  readonly #keepAlive = new KeepAlive();
  readonly #onDrained: () => void;
  readonly #counts: Record<CallOutcome, number> = { completed: 0, failed: 0, cancelled: 0 };
  readonly #state = new AdmissionMachine();
  /** Makes the error of each call of a broken executor. */
  #brokenError: (() => Error) | undefined = undefined;
  #underWay = 0;
  #closed: Promise<void> | undefined = undefined;
  #resolveClosed: (() => void) | undefined = undefined;

  /** @param onDrained - called when no call is under way and none will be taken. */
  constructor(onDrained: () => void) {
    this.#onDrained = onDrained;
  }

  get isOpen(): boolean {
    return this.#state.is(AdmissionState.Open);
  }

  get isBroken(): boolean {
    return this.#state.is(AdmissionState.Broken);
  }

  /** Calls that were taken and are not over. */
  get underWay(): number {
    return this.#underWay;
  }

  /** The outcomes of the calls that are over. */
  get counts(): Readonly<Record<CallOutcome, number>> {
    return this.#counts;
  }

  /** @throws the error of a broken executor, or ShutdownError, if no call can be taken. */
  admit(): void {
    if (this.#state.is(AdmissionState.Open) && !processIsExiting()) return;
    if (this.#brokenError !== undefined) throw this.#brokenError();
    if (this.#state.is(AdmissionState.Draining)) {
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

  /** A call was settled before it was taken. */
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
   * Takes no further calls. @returns a promise that settles with {@link close}, the same one each time. The process
   * stays alive until then.
   */
  shutdown(): Promise<void> {
    this.#state.shutdown();
    if (this.#closed === undefined) {
      this.#closed = new Promise((resolve) => {
        this.#resolveClosed = resolve;
      });
      this.#keepAlive.hold();
    }
    return this.#closed;
  }

  /** Takes no further calls: `error` makes an error for each. The first reason stays. */
  break(error: () => Error): boolean {
    if (!this.#state.break()) return false;
    this.#brokenError = error;
    return true;
  }

  /** An error for a call of a broken executor; undefined if it is not broken. */
  brokenError(): Error | undefined {
    return this.#brokenError?.();
  }

  /** True after a shutdown. */
  get isShutDown(): boolean {
    return this.#closed !== undefined;
  }

  /** Calls `onDrained` if no call is under way and none will be. */
  #tellIfDrained(): void {
    if (this.#underWay === 0 && !this.#state.is(AdmissionState.Open)) this.#onDrained();
  }

  /** Nothing is left. May be called more than once. */
  close(): void {
    this.#keepAlive.end();
    this.#resolveClosed?.();
  }
}
