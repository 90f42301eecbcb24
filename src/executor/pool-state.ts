/**
 * The life of a pool, and of a worker in it.
 *
 *     pool:    OPEN     -> DRAINING   shutdown
 *              OPEN     -> BROKEN     an initializer fails; a worker dies under onWorkerDeath 'break'
 *              DRAINING -> BROKEN     likewise
 *
 *     worker:  STARTING -> READY      its initializer has returned
 *              STARTING -> ENDING     it could not start, or took too long
 *              READY    -> ENDING     it was asked to end, or terminated
 *              READY    -> LEAVING    it was given the last call that it may do: its successor may start
 *              LEAVING  -> ENDING     it was terminated
 *              any      -> (gone)     its exit was seen: it leaves the table
 *
 * A broken pool stays broken, also after a shutdown: what went wrong is more worth knowing than that
 * somebody has shut it down since. Whether a pool is closed is not a state of its own: it is one that
 * is not OPEN and has neither calls nor workers left.
 */
export const OPEN = 0;
export const DRAINING = 1;
export const BROKEN = 2;
export type PoolState = typeof OPEN | typeof DRAINING | typeof BROKEN;

export const STARTING = 0;
export const READY = 1;
export const ENDING = 2;
export const LEAVING = 3;
export type WorkerState = typeof STARTING | typeof READY | typeof ENDING | typeof LEAVING;

/** @returns the state after `shutdown()`. */
export function afterShutdown(state: PoolState): PoolState {
  return state === OPEN ? DRAINING : state;
}

/** @returns whether a worker's exit was to be expected. */
export function isExpectedExit(state: WorkerState): boolean {
  return state === ENDING;
}
