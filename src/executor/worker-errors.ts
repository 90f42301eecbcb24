/** Messages about workers that have died or could not be started. */
import type { BrokenExecutor, ErrorCode, WorkerDeath } from '../errors.ts';
import { reason } from '../util/validate.ts';

export type BrokenClass<E extends BrokenExecutor> = new (
  message: string,
  options?: ErrorOptions & { code?: ErrorCode; death?: WorkerDeath },
) => E;

/** The reason why a worker did not become ready. */
export interface StartFailure {
  /** A sentence. */
  readonly text: string;
  readonly cause: unknown;
}

export function howItEnded({ signal, exitCode }: WorkerDeath): string {
  if (signal !== undefined) return `with signal ${signal}`;
  return exitCode === undefined ? 'abruptly' : `with exit code ${exitCode}`;
}

export function stderrText(stderr: string | undefined): string {
  return stderr === undefined || stderr === '' ? '' : ` Its last words on stderr:\n${stderr}`;
}

/** The message about the death of a worker with a call in hand. */
export function deathText(
  worker: string,
  death: WorkerDeath,
  cause: unknown,
  task: string | undefined,
  beside: readonly string[],
): string {
  const who = death.pid === undefined ? worker : `${worker} (pid ${death.pid})`;
  const why = cause instanceof Error ? ` (${cause.name}: ${reason(cause).slice(0, -1)})` : '';
  const what = task === undefined ? '' : ` while it ran ${task}`;
  // A worker whose task waits for a nested call runs others meanwhile, and any of them can have ended it.
  const others =
    beside.length === 0
      ? ''
      : ` ${beside.join(', ')} ${beside.length === 1 ? 'was' : 'were'} under way in it, too.`;
  return `Worker ${who} ended ${howItEnded(death)}${why}${what}.${others}${stderrText(death.stderr)}`;
}

/** The reason for the death of a starting worker. Without a process there is only the system's own message. */
export function diedStarting(worker: string, death: WorkerDeath, cause: unknown): StartFailure {
  const { exitCode, signal, pid } = death;
  const text =
    exitCode === undefined && signal === undefined && pid === undefined
      ? `Worker ${worker} could not be started: ${reason(cause)}`
      : `Worker ${worker} ended before it was ready, ${howItEnded(death)}.${stderrText(death.stderr)}`;
  return { text, cause };
}
