/** The tasks, tagged so that our pools can send them. */
import { task, transfer } from '../../dist/bundle/index.js';
import * as work from './work.mjs';

export const noop = task(import.meta.url, work.noop);
export const echo = task(import.meta.url, work.echo);
export const spin = task(import.meta.url, work.spin);
export const hashFile = task(import.meta.url, work.hashFile);
export const gzipFile = task(import.meta.url, work.gzipFile);
export const meet = task(import.meta.url, work.meet);
export const startTimer = task(import.meta.url, work.startTimer);
export const moveBack = task(import.meta.url, function moveBack(bytes) {
  return transfer(bytes, [bytes.buffer]);
});
