/** BullMQ that takes 100 jobs at a time. */
import { startWith } from './bullmq.mjs';

export function start(_workers, settings) {
  return startWith(settings, 100);
}
