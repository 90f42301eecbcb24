/**
 * Whether an executor takes calls.
 *
 *     OPEN     -> DRAINING   shutdown: what was taken still completes
 *     OPEN     -> BROKEN     it can't be used any more: what has not begun fails
 *     DRAINING -> BROKEN     likewise
 *
 * A broken executor stays broken, also after a shutdown: what went wrong is more worth knowing than that it has been shut
 * down since. Whether it is closed is not a state of its own: it is when it is not OPEN and nothing is left in it.
 */
export const OPEN = 0;
export const DRAINING = 1;
export const BROKEN = 2;
export type AdmissionState = typeof OPEN | typeof DRAINING | typeof BROKEN;

export function afterShutdown(state: AdmissionState): AdmissionState {
  return state === OPEN ? DRAINING : state;
}

export function afterBreak(): AdmissionState {
  return BROKEN;
}
