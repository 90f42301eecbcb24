/** The tasks as a Poolifier worker. It has no way to move a result, so `moveBack` copies it. */
import { ThreadWorker } from 'poolifier';
import * as work from './work.mjs';

export default new ThreadWorker({ ...work, moveBack: work.echo });
