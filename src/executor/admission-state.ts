/**
 * Whether an executor takes calls.
 *
 *     Open     -> Draining   shutdown: what was taken still completes
 *     Open     -> Broken     break:    it can't be used any more: what has not begun fails
 *     Draining -> Broken     break
 *
 * A broken executor stays broken, also after a shutdown: the reason of the break is more useful than the fact of a shutdown.
 * There is no state for an executor that is closed: it is closed when it is not Open and nothing is left in it.
 */
export const AdmissionState = { Open: 0, Draining: 1, Broken: 2 } as const;
export type AdmissionState = (typeof AdmissionState)[keyof typeof AdmissionState];

export class AdmissionMachine {
  #state: AdmissionState = AdmissionState.Open;

  is(state: AdmissionState): boolean {
    return this.#state === state;
  }

  shutdown(): boolean {
    if (this.#state !== AdmissionState.Open) return false;
    this.#state = AdmissionState.Draining;
    return true;
  }

  break(): boolean {
    if (this.#state === AdmissionState.Broken) return false;
    this.#state = AdmissionState.Broken;
    return true;
  }
}
