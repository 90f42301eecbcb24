/**
 * Whether a submitter's connection reads the events of its queue.
 *
 *     Shut -> Listening        open:   the connection is there, because there is a call
 *     Listening -> Resting     rest:   there is no call any more, and there may be one soon
 *     Resting -> Listening     listen: there is a call again
 *     Resting -> Quiet         quiet:  there was none for a while, so no events are read
 *     Quiet -> Listening       listen
 *     any but Shut -> Shut     close
 */
import { StateMachine } from '../util/state-machine.ts';

export const ListeningState = { Shut: 0, Listening: 1, Resting: 2, Quiet: 3 } as const;
export type ListeningState = (typeof ListeningState)[keyof typeof ListeningState];

export class ListeningMachine extends StateMachine<ListeningState> {
  constructor() {
    super(ListeningState.Shut);
  }

  open(): boolean {
    return this.move(ListeningState.Shut, ListeningState.Listening);
  }

  listen(): boolean {
    return (
      this.move(ListeningState.Resting, ListeningState.Listening) ||
      this.move(ListeningState.Quiet, ListeningState.Listening)
    );
  }

  rest(): boolean {
    return this.move(ListeningState.Listening, ListeningState.Resting);
  }

  quiet(): boolean {
    return this.move(ListeningState.Resting, ListeningState.Quiet);
  }

  close(): boolean {
    return this.enter(ListeningState.Shut);
  }
}
