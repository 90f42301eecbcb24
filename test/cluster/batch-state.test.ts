/** Whether batches may go to Redis: every arrow of the table, and every refusal. */
import { BatchMachine, BatchState } from '#dist/cluster/batch-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new BatchMachine(), BatchState, {
  open: { send: (batches) => batches.open(), arrows: { Shut: 'Open' } },
  schedule: { send: (batches) => batches.schedule(), arrows: { Open: 'Scheduled' } },
  flush: { send: (batches) => batches.flush(), arrows: { Scheduled: 'Open' } },
});
