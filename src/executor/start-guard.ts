/**
 * The error for a preloaded module that submits: each worker loads it before its start, and would start workers of its
 * own.
 */
import { ExecutorError } from '../errors.ts';
import { PROCESS_MARK } from '../protocol/worker-mark.ts';

export function startedByPreload(): ExecutorError {
  return new ExecutorError(
    'A call was submitted while this worker was starting, by a module that is loaded before its program (--import, --require, NODE_OPTIONS). ' +
      'Every worker loads that module, and would start workers of its own without end. ' +
      `Guard the call with if (isMainThread && process.env.${PROCESS_MARK} === undefined) { … }, where isMainThread is from 'node:worker_threads', ` +
      'or start the workers without the module: set execArgv or env of the pool.',
    { code: 'ERR_BOOTSTRAP' },
  );
}
