/** Whether an executor takes calls: every arrow of the table, and every refusal. */
import { AdmissionMachine, AdmissionState } from '#dist/executor/admission-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new AdmissionMachine(), AdmissionState, {
  shutdown: { send: (admission) => admission.shutdown(), arrows: { Open: 'Draining' } },
  break: {
    send: (admission) => admission.break(),
    arrows: { Open: 'Broken', Draining: 'Broken' },
  },
});
