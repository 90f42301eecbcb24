/**
 * The worker's half of `protocol/parent-channel.ts`: sends a task's requests to the parent and receives the answers.
 */
import type { NestedOutcome, NestedRequest } from '../protocol/messages.ts';
import type { ParentChannel } from '../protocol/parent-channel.ts';
import { now, SafeSet, setImmediate } from '../util/primordials.ts';
import type { ParentPort } from './call-port.ts';

/** The methods of the worker's call loop that the channel uses. */
export interface LoopControl {
  /** Lets the loop take further calls while one is running, unless it does so already. */
  takeMore(): void;
  /** Ends {@link LoopControl.takeMore}. */
  takeLess(): void;
  /** Lets nothing begin until {@link LoopControl.release}, because a task is in the middle of its own code. */
  hold(): void;
  release(): void;
}

export class NestedCallChannel implements ParentChannel {
  /** Empty until the parent has sent the name. */
  name = '';
  importing: string | undefined = undefined;
  onSettled: ((call: number, outcome: NestedOutcome) => void) | undefined = undefined;
  /** Calls of the own pool that this worker's tasks wait for, or probably soon will. */
  readonly #awaited = new SafeSet<number>();
  readonly #port: ParentPort;
  readonly #loop: LoopControl;
  /** Calls that tasks block on for ever, as reported by the parent. */
  readonly #deadlocks = new SafeSet<number>();

  constructor(port: ParentPort, loop: LoopControl) {
    this.#port = port;
    this.#loop = loop;
  }

  request(request: NestedRequest, transfer: readonly object[]): void {
    this.#port.send({ kind: 'request', request }, transfer);
  }

  withdraw(call: number): boolean {
    return this.#holding(() => this.#port.ask({ kind: 'cancel', call }));
  }

  /** Holds the loop: the messages that arrive during the action may contain calls. */
  #holding<T>(action: () => T): T {
    this.#loop.hold();
    try {
      return action();
    } finally {
      this.#loop.release();
    }
  }

  deadlock(call: number): void {
    this.#deadlocks.add(call);
  }

  settled(call: number, outcome: NestedOutcome): void {
    this.#awaited.delete(call);
    this.onSettled?.(call, outcome);
    // In the next event loop iteration, because the task may submit its next call when it continues.
    setImmediate(() => this.#loop.takeLess());
  }

  get awaited(): number {
    return this.#awaited.size;
  }

  forgetAwaited(): void {
    this.#awaited.clear();
  }

  submitted(call: number): void {
    this.#awaited.add(call);
    // The task that runs here waits for another call of this pool, or soon will: meanwhile this worker can run that
    // call. In the next event loop iteration, because this is the middle of the task's own code.
    setImmediate(() => this.#loop.takeMore());
  }

  block(call: number, isDone: () => boolean, timeout: number): boolean {
    return this.#holding(() => this.#block(call, isDone, timeout));
  }

  #block(call: number, isDone: () => boolean, timeout: number): boolean {
    const until = now() + timeout;
    if (this.#port.ask({ kind: 'block', call, forever: timeout === Infinity })) return isDone();
    for (;;) {
      const left = until - now();
      if (isDone()) return true;
      if (this.#deadlocks.delete(call)) return false;
      if (left <= 0) {
        this.request({ kind: 'unblock', call }, []);
        return true;
      }
      this.#port.receiveWithin(left);
    }
  }
}
