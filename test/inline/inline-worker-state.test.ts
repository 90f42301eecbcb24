/** A place of an inline executor: every arrow of the table, and every refusal. */
import { InlineWorkerMachine, InlineWorkerState } from '#dist/inline/inline-worker-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new InlineWorkerMachine(), InlineWorkerState, {
  ready: { send: (place) => place.ready(), arrows: { Starting: 'Idle' } },
  begin: { send: (place) => place.begin(), arrows: { Idle: 'Busy' } },
  finish: { send: (place) => place.finish(), arrows: { Busy: 'Idle' } },
  close: {
    send: (place) => place.close(),
    arrows: { Starting: 'Closing', Idle: 'Closing', Busy: 'Closing' },
  },
});
