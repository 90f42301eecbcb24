/** The loop of a parent: every arrow of the table, and every refusal. */
import { ParentLoopMachine, ParentLoopState } from '#dist/thread/parent-loop-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new ParentLoopMachine(), ParentLoopState, {
  schedule: {
    send: (loop) => loop.schedule(),
    arrows: { Asleep: 'Scheduled', Passing: 'Scheduled' },
  },
  pass: { send: (loop) => loop.pass(), arrows: { Asleep: 'Passing', Scheduled: 'Passing' } },
  sleep: { send: (loop) => loop.sleep(), arrows: { Passing: 'Asleep' } },
});
