/** What a parser of frames collects: every arrow of the table, and every refusal. */
import { ParserMachine, ParserState } from '#dist/process/parser-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new ParserMachine(), ParserState, {
  begin: { send: (parser) => parser.begin(), arrows: { Between: 'Head' } },
  attach: { send: (parser) => parser.attach(), arrows: { Head: 'Attached' } },
  finish: { send: (parser) => parser.finish(), arrows: { Attached: 'Between' } },
  lose: {
    send: (parser) => parser.lose(),
    arrows: { Between: 'Lost', Head: 'Lost', Attached: 'Lost' },
  },
});
