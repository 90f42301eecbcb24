/** Ours, which the scenarios about functions use by themselves: there is nobody to compare with. */
export { start } from '../threads/concurrent-futures.mjs';
