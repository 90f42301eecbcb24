/**
 * The states of a call, as the side that hands it out to workers knows them.
 *
 *     Queued -> Sent        send:     written to a worker's channel
 *     Queued -> Withdrawn   withdraw: cancelled
 *     Sent   -> Queued      takeBack: for another worker, or its worker died before it began it
 *     Sent   -> Withdrawn   withdraw: taken back because it was cancelled
 *     Sent   -> Done        finish:   its outcome has come, or its worker has died with it
 *
 * There is no state for a call that has begun: the worker decides that, and the claim log knows it (`claim-log.ts`).
 * Withdrawn and Done are final.
 *
 * A call is an object already, so it keeps the number itself (`call.ts`). The transitions are functions that return the
 * next state, or undefined if there is no such arrow.
 */
export const DispatchState = { Queued: 0, Sent: 1, Withdrawn: 2, Done: 3 } as const;
export type DispatchState = (typeof DispatchState)[keyof typeof DispatchState];

const { Queued, Sent, Withdrawn, Done } = DispatchState;

export function dispatchAfterSend(state: DispatchState): DispatchState | undefined {
  return state === Queued ? Sent : undefined;
}

export function dispatchAfterTakeBack(state: DispatchState): DispatchState | undefined {
  return state === Sent ? Queued : undefined;
}

export function dispatchAfterWithdraw(state: DispatchState): DispatchState | undefined {
  return state === Queued || state === Sent ? Withdrawn : undefined;
}

export function dispatchAfterFinish(state: DispatchState): DispatchState | undefined {
  return state === Sent ? Done : undefined;
}
