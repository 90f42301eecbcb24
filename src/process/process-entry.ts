/** The entry of a worker process. Shipped as one script, `process-entry.cjs`: see scripts/bundle.mjs. */
import { clearWorkerMark } from '../protocol/worker-mark.ts';
import { ProcessPort } from './process-port.ts';

clearWorkerMark();
ProcessPort.open();
