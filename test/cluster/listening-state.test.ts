/** Whether a submitter reads events: every arrow of the table, and every refusal. */
import { ListeningMachine, ListeningState } from '#dist/cluster/listening-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new ListeningMachine(), ListeningState, {
  open: { send: (connection) => connection.open(), arrows: { Shut: 'Listening' } },
  listen: {
    send: (connection) => connection.listen(),
    arrows: { Resting: 'Listening', Quiet: 'Listening' },
  },
  rest: { send: (connection) => connection.rest(), arrows: { Listening: 'Resting' } },
  quiet: { send: (connection) => connection.quiet(), arrows: { Resting: 'Quiet' } },
  close: {
    send: (connection) => connection.close(),
    arrows: { Listening: 'Shut', Resting: 'Shut', Quiet: 'Shut' },
  },
});
