/** A host of a cluster: every arrow of the table, and every refusal. */
import { HostMachine, HostState } from '#dist/host/host-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new HostMachine(), HostState, {
  drain: { send: (host) => host.drain(), arrows: { Serving: 'Draining' } },
  stop: { send: (host) => host.stop(), arrows: { Serving: 'Stopped', Draining: 'Stopped' } },
});
