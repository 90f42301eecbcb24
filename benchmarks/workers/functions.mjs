/** Functions that the scenarios about functions submit. */
import { task } from '../../dist/bundle/index.js';

export function add(x) {
  return x + 1;
}

export const tagged = task(import.meta.url, function tagged(x) {
  return x + 1;
});
