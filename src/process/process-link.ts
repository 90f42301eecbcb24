/** The worker's half of `protocol/worker-link.ts`: how a task's requests reach the parent, and answers come back. */
import type { RelayedOutcome, RelayedRequest } from '../protocol/messages.ts';
import type { WorkerLink } from '../protocol/worker-link.ts';

/** What the link needs of its worker. */
export interface LinkedProcess {
  send(request: RelayedRequest): void;
  /** Heeds what has arrived; waits a moment, `timeout` milliseconds at most, if nothing has. */
  read(timeout: number): void;
  /** Takes further calls although one is under way, unless it does already. */
  takeMore(): void;
}

export class ProcessLink implements WorkerLink {
  /** Empty until the parent has told it. */
  name = '';
  importing: string | undefined = undefined;
  onSettled: ((call: number, outcome: RelayedOutcome) => void) | undefined = undefined;
  readonly #process: LinkedProcess;
  #answer: boolean | undefined = undefined;

  constructor(process: LinkedProcess) {
    this.#process = process;
  }

  request(request: RelayedRequest): void {
    this.#process.send(request);
  }

  answered(yes: boolean): void {
    this.#answer = yes;
  }

  ask(kind: 'cancel' | 'block', call: number): boolean {
    this.#answer = undefined;
    this.request({ kind, call });
    for (;;) {
      this.#process.read(Infinity);
      // The reading sets it, which the compiler can't see.
      const answer = this.#answer as boolean | undefined;
      if (answer !== undefined) return answer;
    }
  }

  submitted(): void {
    // The task that runs here waits for another call of this pool, or soon will: this worker is free
    // for it meanwhile. A turn later, because we are in the middle of the task's own code.
    setImmediate(() => this.#process.takeMore());
  }

  block(call: number, isDone: () => boolean, timeout: number): boolean {
    const until = performance.now() + timeout;
    if (this.ask('block', call)) return isDone();
    for (;;) {
      const left = until - performance.now();
      if (isDone() || left <= 0) return true;
      this.#process.read(left);
    }
  }
}
