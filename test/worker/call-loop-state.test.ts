/** What carries a call loop on: every arrow of the table, and every refusal. */
import { LoopMachine, LoopState } from '#dist/worker/call-loop-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new LoopMachine(), LoopState, {
  'run from Left': { send: (loop) => loop.run(LoopState.Left), arrows: { Left: 'Running' } },
  'run from Idle': { send: (loop) => loop.run(LoopState.Idle), arrows: { Idle: 'Running' } },
  'run from Yielding': {
    send: (loop) => loop.run(LoopState.Yielding),
    arrows: { Yielding: 'Running' },
  },
  'stop to Left': { send: (loop) => loop.stop(LoopState.Left), arrows: { Running: 'Left' } },
  'stop to Idle': { send: (loop) => loop.stop(LoopState.Idle), arrows: { Running: 'Idle' } },
  'stop to Yielding': {
    send: (loop) => loop.stop(LoopState.Yielding),
    arrows: { Running: 'Yielding' },
  },
  end: {
    send: (loop) => loop.end(),
    arrows: { Left: 'Ended', Running: 'Ended', Idle: 'Ended', Yielding: 'Ended' },
  },
});
