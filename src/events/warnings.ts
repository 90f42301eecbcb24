/**
 * What happens to failures that nobody is there to receive: a done-callback that throws, a failed
 * future that is collected unread, an initializer that fails.
 *
 * They become process warnings: printed once each on stderr by default, visible to
 * `process.on('warning')`, silenced by `--no-warnings`. Never an exception in somebody else's code.
 */
import { inspect } from 'node:util';

export type WarningCode =
  | 'CF_CALLBACK_FAILED'
  | 'CF_UNREAD_FAILURE'
  | 'CF_POOL_BROKEN'
  | 'CF_INPUT_CLEANUP'
  | 'CF_CLUSTER_SETTINGS'
  | 'CF_CLUSTER_MEMORY'
  | 'CF_CLUSTER_TRUST'
  | 'CF_CLUSTER_ALLOW'
  | 'CF_CLUSTER_HOSTS';

export function warn(code: WarningCode, message: string, error?: unknown): void {
  const detail = error === undefined ? undefined : describeError(error);
  process.emitWarning(message, {
    type: 'ConcurrentFuturesWarning',
    code,
    ...(detail === undefined ? {} : { detail }),
  });
}

/** Text for whatever was thrown; inspecting it may run user code, which may throw in its turn. */
export function describeError(error: unknown): string {
  try {
    return error instanceof Error && typeof error.stack === 'string' ? error.stack : inspect(error);
  } catch {
    return 'a thrown value that cannot be described';
  }
}
