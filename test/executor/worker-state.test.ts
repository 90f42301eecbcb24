/** The life of a worker in its pool: every arrow of the table, and every refusal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerMachine, WorkerState } from '#dist/executor/worker-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new WorkerMachine(), WorkerState, {
  initialize: { send: (worker) => worker.initialize(), arrows: { Starting: 'Initializing' } },
  ready: {
    send: (worker) => worker.ready(),
    arrows: { Starting: 'Ready', Initializing: 'Ready' },
  },
  leave: { send: (worker) => worker.leave(), arrows: { Ready: 'Leaving' } },
  end: {
    send: (worker) => worker.end(),
    arrows: { Starting: 'Ending', Initializing: 'Ending', Ready: 'Ending', Leaving: 'Ending' },
  },
  remove: {
    send: (worker) => worker.remove(),
    arrows: {
      Starting: 'Gone',
      Initializing: 'Gone',
      Ready: 'Gone',
      Leaving: 'Gone',
      Ending: 'Gone',
    },
  },
});

test('a worker is starting until it is ready', () => {
  const worker = new WorkerMachine();
  assert.equal(worker.isStarting, true);
  worker.initialize();
  assert.equal(worker.isStarting, true);
  worker.ready();
  assert.equal(worker.isStarting, false);
});
