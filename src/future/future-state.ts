/**
 * The states of a future.
 *
 *     Pending   -> Running             begin:  `setRunningOrNotifyCancel`, or a worker has claimed the call
 *     Pending   -> Cancelled           cancel: before the call has begun
 *     Pending   -> Finished | Failed   finish, fail: allowed straight from Pending, as in Python
 *     Running   -> Finished | Failed   finish, fail
 *
 * The numbers ascend so that `state >= Cancelled` means done. Python's CANCELLED and CANCELLED_AND_NOTIFIED are one state
 * here: `cancel()` tells every waiter itself, so there is nothing left to be notified later.
 *
 * A program may have millions of futures, so a future keeps the number itself and no object around it. The transitions are
 * functions that return the next state, or undefined if there is no such arrow.
 */
export const FutureStateCode = {
  Pending: 0,
  Running: 1,
  Cancelled: 2,
  Finished: 3,
  Failed: 4,
} as const;
export type FutureStateCode = (typeof FutureStateCode)[keyof typeof FutureStateCode];

/** The state that a user sees. It does not tell a value from an exception. */
export type FutureState = 'pending' | 'running' | 'cancelled' | 'finished';

const names: readonly FutureState[] = ['pending', 'running', 'cancelled', 'finished', 'finished'];

export function stateName(state: FutureStateCode): FutureState {
  return names[state] ?? 'finished';
}

export function isDone(state: FutureStateCode): boolean {
  return state >= FutureStateCode.Cancelled;
}

export function futureAfterBegin(
  state: FutureStateCode,
): typeof FutureStateCode.Running | undefined {
  return state === FutureStateCode.Pending ? FutureStateCode.Running : undefined;
}

export function futureAfterCancel(
  state: FutureStateCode,
): typeof FutureStateCode.Cancelled | undefined {
  return state === FutureStateCode.Pending ? FutureStateCode.Cancelled : undefined;
}

export function futureAfterFinish(
  state: FutureStateCode,
): typeof FutureStateCode.Finished | undefined {
  return state <= FutureStateCode.Running ? FutureStateCode.Finished : undefined;
}

export function futureAfterFail(state: FutureStateCode): typeof FutureStateCode.Failed | undefined {
  return state <= FutureStateCode.Running ? FutureStateCode.Failed : undefined;
}
