/** The one task that needs something of our package: it says what of its result is to be moved. */
import { task, transfer } from '../../dist/bundle/index.js';

export const moveBack = task(import.meta.url, function moveBack(bytes) {
  return transfer(bytes, [bytes.buffer]);
});
