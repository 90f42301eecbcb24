/** The tasks as a worker of workerpool. */
import workerpool from 'workerpool';
import * as work from './work.mjs';

workerpool.worker({
  ...work,
  moveBack: (bytes) => new workerpool.Transfer(bytes, [bytes.buffer]),
});
