/**
 * The states of a call as its submitter knows them, and the arrows between them.
 *
 *     HELD   -> SENT      send:   handed to Redis, or about to be: from here on hosts may have it
 *     SENT   -> ACTIVE    begin:  a host has taken it
 *     ACTIVE -> SENT      return: given back, or to be tried again
 *     any    -> OVER      end:    its future has the outcome
 *
 * Only this file says what follows what. Each function returns the next state, or REFUSED: events of one
 * call may come late, twice, or not at all.
 */

export const HELD = 0;
export const SENT = 1;
export const ACTIVE = 2;
export const OVER = 3;

export type CallState = typeof HELD | typeof SENT | typeof ACTIVE | typeof OVER;

export const REFUSED = -1;
export type Refused = typeof REFUSED;

export function afterSend(state: CallState): typeof SENT | Refused {
  return state === HELD ? SENT : REFUSED;
}

export function afterBegin(state: CallState): typeof ACTIVE | Refused {
  return state === SENT ? ACTIVE : REFUSED;
}

export function afterReturn(state: CallState): typeof SENT | Refused {
  return state === ACTIVE ? SENT : REFUSED;
}

export function afterEnd(state: CallState): typeof OVER | Refused {
  return state === OVER ? REFUSED : OVER;
}
