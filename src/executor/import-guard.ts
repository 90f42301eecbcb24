/** The error for a module that submits while it is imported: it would do so in every worker that imports it. */
import { ExecutorError } from '../errors.ts';

/** @param module - the module that the worker was importing. */
export function startedByImport(module: string): ExecutorError {
  return new ExecutorError(
    `A call was submitted while this worker was importing ${module}: a module starts work when it is imported, and would ` +
      'start it again in each worker. Guard that with if (currentExecutor() === undefined) { … }, or move the function to a module of its own.',
    { code: 'ERR_BOOTSTRAP' },
  );
}
