/** Whether a worker thread takes calls: every arrow of the table, and every refusal. */
import { TakingMachine, TakingState } from '#dist/thread/taking-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new TakingMachine(), TakingState, {
  depart: { send: (worker) => worker.depart(), arrows: { Taking: 'Departing' } },
  stay: { send: (worker) => worker.stay(), arrows: { Departing: 'Taking' } },
  close: { send: (worker) => worker.close(), arrows: { Taking: 'Closed', Departing: 'Closed' } },
});
