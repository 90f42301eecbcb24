/**
 * What carries a worker's pump on.
 *
 *     LEFT    -> PUMPING   the call it was left for is done, or its task waits for the own pool
 *     PUMPING -> LEFT      a call goes on without us: a promise, or arguments that come as a message
 *     PUMPING -> PARKED    the queue is empty
 *     PUMPING -> TURNING   the event loop gets its turn
 *     TURNING -> PUMPING   its turn is over
 *     PARKED  -> PUMPING   woken, or asked to close
 *     PARKED  -> LEFT      reserved, and the arguments are here
 *
 * Each state has one way on that is under way; whatever else arrives finds another state and is left
 * alone. So the pump never runs twice at once.
 */
export const LEFT = 0;
export const PUMPING = 1;
export const PARKED = 2;
export const TURNING = 3;
export type PumpState = typeof LEFT | typeof PUMPING | typeof PARKED | typeof TURNING;
