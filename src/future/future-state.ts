/**
 * The states of a future and the arrows between them.
 *
 *     PENDING   -> RUNNING              begin:  setRunningOrNotifyCancel, or a worker's claim
 *     PENDING   -> CANCELLED            cancel
 *     PENDING   -> FINISHED | FAILED    finish: allowed straight from pending, as in Python
 *     RUNNING   -> FINISHED | FAILED    finish
 *
 * The numbers ascend so that `state >= CANCELLED` means done. Python's CANCELLED and
 * CANCELLED_AND_NOTIFIED are one state here: `cancel()` tells every waiter itself, so there is
 * nothing left to be notified later, and nothing that can wait for ever because nobody did.
 *
 * Only this file says what follows what. Each function returns the next state, or REFUSED.
 */

export const PENDING = 0;
export const RUNNING = 1;
export const CANCELLED = 2;
export const FINISHED = 3;
export const FAILED = 4;

export type FutureStateCode =
  | typeof PENDING
  | typeof RUNNING
  | typeof CANCELLED
  | typeof FINISHED
  | typeof FAILED;

export const REFUSED = -1;
export type Refused = typeof REFUSED;

/** The state of a future, as users see it. `'finished'` stands for a value and for an error. */
export type FutureState = 'pending' | 'running' | 'cancelled' | 'finished';

const names: readonly FutureState[] = ['pending', 'running', 'cancelled', 'finished', 'finished'];

export function stateName(state: FutureStateCode): FutureState {
  return names[state] ?? 'finished';
}

export function isDone(state: FutureStateCode): boolean {
  return state >= CANCELLED;
}

export function afterBegin(state: FutureStateCode): typeof RUNNING | Refused {
  return state === PENDING ? RUNNING : REFUSED;
}

export function afterCancel(state: FutureStateCode): typeof CANCELLED | Refused {
  return state === PENDING ? CANCELLED : REFUSED;
}

export function afterFinish(state: FutureStateCode): typeof FINISHED | Refused {
  return state <= RUNNING ? FINISHED : REFUSED;
}

export function afterFail(state: FutureStateCode): typeof FAILED | Refused {
  return state <= RUNNING ? FAILED : REFUSED;
}
