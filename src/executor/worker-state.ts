/**
 * The life of a worker in its pool.
 *
 *     Starting     -> Initializing   initialize: its initializer, which is user code, begins to run
 *     Starting     -> Ready          ready:  there is no initializer
 *     Initializing -> Ready          ready:  its initializer has returned
 *     Starting | Initializing -> Ending   end:  it could not be made ready in time, or its pool is over
 *     Ready        -> Leaving        leave:  it was given the last call that it may do: its successor may start
 *     Ready | Leaving -> Ending      end:    it was asked to end, or terminated
 *     any but Gone -> Gone           remove: its end was seen
 */
export const WorkerState = {
  Starting: 0,
  Initializing: 1,
  Ready: 2,
  Leaving: 3,
  Ending: 4,
  Gone: 5,
} as const;
export type WorkerState = (typeof WorkerState)[keyof typeof WorkerState];

export class WorkerMachine {
  #state: WorkerState = WorkerState.Starting;

  get current(): WorkerState {
    return this.#state;
  }

  is(state: WorkerState): boolean {
    return this.#state === state;
  }

  get isStarting(): boolean {
    return this.#state <= WorkerState.Initializing;
  }

  initialize(): boolean {
    return this.is(WorkerState.Starting) && this.#become(WorkerState.Initializing);
  }

  ready(): boolean {
    return this.isStarting && this.#become(WorkerState.Ready);
  }

  leave(): boolean {
    return this.is(WorkerState.Ready) && this.#become(WorkerState.Leaving);
  }

  end(): boolean {
    return this.#state < WorkerState.Ending && this.#become(WorkerState.Ending);
  }

  remove(): boolean {
    return !this.is(WorkerState.Gone) && this.#become(WorkerState.Gone);
  }

  #become(state: WorkerState): true {
    this.#state = state;
    return true;
  }
}
