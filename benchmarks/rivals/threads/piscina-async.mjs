/** Piscina with `atomics: 'async'`: a waiting worker's event loop goes on, as ours does. */
import { startWith } from './piscina.mjs';

export function start(workers) {
  return startWith(workers, 'async');
}
