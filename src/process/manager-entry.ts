/** The entry of the thread that manages worker processes. Shipped as one script: see scripts/bundle.mjs. */
import { workerData } from 'node:worker_threads';
import type { ManagerStart } from '../protocol/manager-messages.ts';
import { Manager } from './manager.ts';

new Manager(workerData as ManagerStart).run();
