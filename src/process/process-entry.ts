/**
 * What a worker process starts with. Shipped as one script, `process-entry.cjs`: see
 * scripts/bundle.mjs.
 */
import { ProcessWorker } from './process-worker.ts';

new ProcessWorker().run();
