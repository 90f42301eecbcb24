/**
 * The states of a call of a cluster, as its submitter knows them.
 *
 *     Held   -> Sent     send:   it goes to Redis; from here on hosts may have it
 *     Sent   -> Active   begin:  a host has taken it
 *     Active -> Sent     return: the host has given it back, or it is tried again
 *     Held | Sent | Active -> Over   end: its future has the outcome
 *
 * Events of a call may come late, twice, or not at all: an event without an arrow changes nothing.
 *
 * A call is an object already, so it keeps the number itself (`cluster-call.ts`). The transitions are functions that return
 * the next state, or undefined if there is no such arrow.
 */
export const CallState = { Held: 0, Sent: 1, Active: 2, Over: 3 } as const;
export type CallState = (typeof CallState)[keyof typeof CallState];

export function callAfterSend(state: CallState): CallState | undefined {
  return state === CallState.Held ? CallState.Sent : undefined;
}

export function callAfterBegin(state: CallState): CallState | undefined {
  return state === CallState.Sent ? CallState.Active : undefined;
}

export function callAfterReturn(state: CallState): CallState | undefined {
  return state === CallState.Active ? CallState.Sent : undefined;
}

export function callAfterEnd(state: CallState): CallState | undefined {
  return state === CallState.Over ? undefined : CallState.Over;
}
