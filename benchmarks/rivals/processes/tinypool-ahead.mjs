/**
 * Tinypool that gives each process up to 100 tasks: it does not wait between them, but they stay with
 * that process even if another one is idle.
 */
import { startWith } from './tinypool.mjs';

export function start(workers, settings) {
  return startWith(workers, settings, 100);
}
