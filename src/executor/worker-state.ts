/**
 * The life of a worker in its pool.
 *
 *     STARTING -> READY      its initializer has returned
 *     STARTING -> ENDING     it could not be made ready in time, or its pool is over
 *     READY    -> LEAVING    it was given the last call that it may do: its successor may start
 *     READY    -> ENDING     it was asked to end, or terminated
 *     LEAVING  -> ENDING     likewise
 *     any      -> GONE       its end was seen
 */
export const STARTING = 0;
export const READY = 1;
export const LEAVING = 2;
export const ENDING = 3;
export const GONE = 4;
export type WorkerState =
  | typeof STARTING
  | typeof READY
  | typeof LEAVING
  | typeof ENDING
  | typeof GONE;

const arrows: readonly (readonly WorkerState[])[] = [
  [READY, ENDING, GONE],
  [LEAVING, ENDING, GONE],
  [ENDING, GONE],
  [GONE],
  [],
];

/** @returns whether a worker in state `from` can get to `to`. */
export function canBecome(from: WorkerState, to: WorkerState): boolean {
  return arrows[from]?.includes(to) === true;
}
