/** The worker's half of `protocol/worker-link.ts`: how a task's requests reach the parent, and answers come back. */
import { Answer, type RelayedOutcome, type RelayedRequest } from '../protocol/messages.ts';
import { type Layout, LaneWord } from './layout.ts';
import type { Parking } from './parking.ts';
import type { WorkerLink } from '../protocol/worker-link.ts';

/** What the link needs of its worker. */
export interface LinkedWorker {
  /** Sends a request as a message, and wakes the parent if it sleeps or is blocked. */
  send(request: RelayedRequest, transfer: readonly object[], answer?: Int32Array): void;
  /** Receives one message that has arrived; false if there is none. */
  deliver(): boolean;
  /** Takes further calls although one is under way, unless it does already. */
  takeMore(): void;
}

export class ParentLink implements WorkerLink {
  readonly name: string;
  importing: string | undefined = undefined;
  onSettled: ((call: number, outcome: RelayedOutcome) => void) | undefined = undefined;
  readonly #worker: LinkedWorker;
  readonly #words: Int32Array;
  readonly #lane: number;
  readonly #mailWord: number;
  readonly #parking: Parking;

  constructor(
    name: string,
    worker: LinkedWorker,
    words: Int32Array,
    layout: Layout,
    lane: number,
    parking: Parking,
  ) {
    this.name = name;
    this.#worker = worker;
    this.#words = words;
    this.#lane = lane;
    this.#mailWord = layout.laneWords(lane) + LaneWord.Mail;
    this.#parking = parking;
  }

  request(request: RelayedRequest, transfer: readonly object[]): void {
    this.#worker.send(request, transfer);
  }

  ask(kind: 'cancel' | 'block', call: number): boolean {
    const answer = new Int32Array(new SharedArrayBuffer(4));
    this.#worker.send({ kind, call }, [], answer);
    Atomics.wait(answer, 0, 0);
    return Atomics.load(answer, 0) === Answer.Yes;
  }

  submitted(): void {
    // The task that runs here waits for another call of this pool, or soon will: this worker is free
    // for it meanwhile. A turn later, because we are in the middle of the task's own code.
    setImmediate(() => this.#worker.takeMore());
  }

  block(call: number, isDone: () => boolean, timeout: number): boolean {
    const until = performance.now() + timeout;
    this.#parking.setBlocked(this.#lane, true);
    try {
      if (this.ask('block', call)) return isDone();
      for (;;) {
        // Read before the messages are: one that comes after them changes it, and ends the wait.
        const mail = Atomics.load(this.#words, this.#mailWord);
        while (this.#worker.deliver());
        const left = until - performance.now();
        if (isDone() || left <= 0) return true;
        Atomics.wait(this.#words, this.#mailWord, mail, left);
      }
    } finally {
      this.#parking.setBlocked(this.#lane, false);
    }
  }
}
