/**
 * Whether a worker thread takes calls from the queue that all workers share.
 *
 *     Taking    -> Departing   depart: this thread seems to end, so what is in the queue is for others
 *     Departing -> Taking      stay:   it has not ended
 *     Taking | Departing -> Closed   close:  the parent has told it to take no more, for good
 */
import { StateMachine } from '../util/state-machine.ts';

export const TakingState = { Taking: 0, Departing: 1, Closed: 2 } as const;
export type TakingState = (typeof TakingState)[keyof typeof TakingState];

export class TakingMachine extends StateMachine<TakingState> {
  constructor() {
    super(TakingState.Taking);
  }

  depart(): boolean {
    return this.move(TakingState.Taking, TakingState.Departing);
  }

  stay(): boolean {
    return this.move(TakingState.Departing, TakingState.Taking);
  }

  close(): boolean {
    return this.enter(TakingState.Closed);
  }
}
