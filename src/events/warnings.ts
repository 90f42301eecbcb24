/**
 * Reports failures that no code receives: a done-callback that throws, a failed future that is garbage-collected
 * unread, an initializer that fails.
 *
 * They become process warnings: by default each is printed once on stderr; `process.on('warning')` receives them;
 * `--no-warnings` silences them. They are never exceptions in unrelated code.
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

/** A text for any thrown value. Inspecting the value may run user code, which may throw, too. */
export function describeError(error: unknown): string {
  try {
    return error instanceof Error && typeof error.stack === 'string' ? error.stack : inspect(error);
  } catch {
    return 'a thrown value that cannot be described';
  }
}
