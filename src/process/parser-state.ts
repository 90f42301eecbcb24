/**
 * What a parser of frames collects.
 *
 *     Between  -> Head       begin:  a frame begins that does not lie in one chunk, or has buffers attached
 *     Head     -> Attached   attach: its header and its body are there
 *     Attached -> Between    finish: it is complete, and is handed out
 *     any but Lost -> Lost   lose:   bytes came that are no frame, so nothing behind them can be read
 */
import { StateMachine } from '../util/state-machine.ts';

export const ParserState = { Between: 0, Head: 1, Attached: 2, Lost: 3 } as const;
export type ParserState = (typeof ParserState)[keyof typeof ParserState];

export class ParserMachine extends StateMachine<ParserState> {
  constructor() {
    super(ParserState.Between);
  }

  begin(): boolean {
    return this.move(ParserState.Between, ParserState.Head);
  }

  attach(): boolean {
    return this.move(ParserState.Head, ParserState.Attached);
  }

  finish(): boolean {
    return this.move(ParserState.Attached, ParserState.Between);
  }

  lose(): boolean {
    return this.enter(ParserState.Lost);
  }
}
