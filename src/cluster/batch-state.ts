/**
 * Whether batches may go to Redis: of calls in the outbox, of questions in the canceller.
 *
 *     Shut      -> Open        open:     the connection is there
 *     Open      -> Scheduled   schedule: there is something to send, and this turn may add more
 *     Scheduled -> Open        flush:    the turn is over, and what there is goes
 */
import { StateMachine } from '../util/state-machine.ts';

export const BatchState = { Shut: 0, Open: 1, Scheduled: 2 } as const;
export type BatchState = (typeof BatchState)[keyof typeof BatchState];

export class BatchMachine extends StateMachine<BatchState> {
  constructor() {
    super(BatchState.Shut);
  }

  open(): boolean {
    return this.move(BatchState.Shut, BatchState.Open);
  }

  schedule(): boolean {
    return this.move(BatchState.Open, BatchState.Scheduled);
  }

  flush(): boolean {
    return this.move(BatchState.Scheduled, BatchState.Open);
  }
}
