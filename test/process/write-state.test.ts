/** Who writes what waits for the parent: every arrow of the table, and every refusal. */
import { WriteMachine, WriteState } from '#dist/process/write-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new WriteMachine(), WriteState, {
  schedule: { send: (queue) => queue.schedule(), arrows: { Idle: 'Scheduled' } },
  retry: { send: (queue) => queue.retry(), arrows: { Scheduled: 'Idle' } },
  leave: { send: (queue) => queue.leave(), arrows: { Idle: 'Left', Scheduled: 'Left' } },
});
