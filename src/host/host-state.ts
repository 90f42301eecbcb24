/**
 * A host of a cluster.
 *
 *     Serving  -> Draining   drain: closed, or the local pool is broken: it takes nothing, and waits for what runs
 *     Serving | Draining -> Stopped   stop: nothing runs any more, or nobody waits for what runs
 */
export const HostState = { Serving: 0, Draining: 1, Stopped: 2 } as const;
export type HostState = (typeof HostState)[keyof typeof HostState];

export class HostMachine {
  #state: HostState = HostState.Serving;

  is(state: HostState): boolean {
    return this.#state === state;
  }

  drain(): boolean {
    if (this.#state !== HostState.Serving) return false;
    this.#state = HostState.Draining;
    return true;
  }

  stop(): boolean {
    if (this.#state === HostState.Stopped) return false;
    this.#state = HostState.Stopped;
    return true;
  }
}
