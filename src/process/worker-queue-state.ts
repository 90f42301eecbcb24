/**
 * A worker process, as the side that hands out calls to it knows it.
 *
 *     Starting -> Ready         start:  its initializer has returned
 *     Starting | Ready -> Leaving   leave:  it has been given the last call that it may do, or is asked to end
 *     Ready    -> Departing     depart: its exit handlers run, and nobody has asked it to end
 *     Leaving  -> Following     depart: its exit handlers run, after it was asked to end
 *     Departing -> Following    leave
 *     Departing | Following -> Leaving   stay: the exit handlers have not ended it, and it does what it has
 *     any but Gone -> Gone      end:    its process has ended
 */
export const WorkerQueueState = {
  Starting: 0,
  Ready: 1,
  Leaving: 2,
  Departing: 3,
  Following: 4,
  Gone: 5,
} as const;
export type WorkerQueueState = (typeof WorkerQueueState)[keyof typeof WorkerQueueState];

const { Starting, Ready, Leaving, Departing, Following, Gone } = WorkerQueueState;

export class WorkerQueueMachine {
  #state: WorkerQueueState = Starting;

  get current(): WorkerQueueState {
    return this.#state;
  }

  is(state: WorkerQueueState): boolean {
    return this.#state === state;
  }

  /** Whether it was given the last call that it may do, or was asked to end. */
  get isToEnd(): boolean {
    return this.#state === Leaving || this.#state === Following;
  }

  start(): boolean {
    return this.#state === Starting && this.#become(Ready);
  }

  leave(): boolean {
    if (this.#state === Departing) return this.#become(Following);
    return this.#state <= Ready && this.#become(Leaving);
  }

  depart(): boolean {
    if (this.#state === Ready) return this.#become(Departing);
    return this.#state === Leaving && this.#become(Following);
  }

  stay(): boolean {
    return (this.#state === Departing || this.#state === Following) && this.#become(Leaving);
  }

  end(): boolean {
    return this.#state !== Gone && this.#become(Gone);
  }

  #become(state: WorkerQueueState): true {
    this.#state = state;
    return true;
  }
}
