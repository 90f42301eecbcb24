/**
 * A worker of an inline executor: one task at a time runs in it.
 *
 *     Starting -> Idle      ready:  the initializer has returned
 *     Idle     -> Busy      begin:  a task begins in it
 *     Busy     -> Idle      finish: its task has settled
 *     any but Closing -> Closing   close: it is given up, and takes no further task
 */
import { StateMachine } from '../util/state-machine.ts';

export const InlineWorkerState = { Starting: 0, Idle: 1, Busy: 2, Closing: 3 } as const;
export type InlineWorkerState = (typeof InlineWorkerState)[keyof typeof InlineWorkerState];

export class InlineWorkerMachine extends StateMachine<InlineWorkerState> {
  constructor() {
    super(InlineWorkerState.Starting);
  }

  ready(): boolean {
    return this.move(InlineWorkerState.Starting, InlineWorkerState.Idle);
  }

  begin(): boolean {
    return this.move(InlineWorkerState.Idle, InlineWorkerState.Busy);
  }

  finish(): boolean {
    return this.move(InlineWorkerState.Busy, InlineWorkerState.Idle);
  }

  close(): boolean {
    return this.enter(InlineWorkerState.Closing);
  }
}
