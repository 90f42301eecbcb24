/** BullMQ that takes 10 jobs at a time. */
import { startWith } from './bullmq.mjs';

export function start(_workers, settings) {
  return startWith(settings, 10);
}
