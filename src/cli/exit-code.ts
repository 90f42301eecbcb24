/** The reason why a command has ended, as a number and as a text. */
import { BrokenCluster, ExecutorError, MissingPeerError } from '../errors.ts';

/** The numbers are documented in `usage.ts`. */
export const ExitCode = {
  Drained: 0,
  Unforeseen: 1,
  Usage: 2,
  Connection: 3,
  Name: 4,
  Workers: 5,
  Forced: 6,
} as const;

export function codeOf(error: unknown): number {
  if (error instanceof MissingPeerError) return ExitCode.Usage;
  if (error instanceof BrokenCluster) return ExitCode.Connection;
  if (error instanceof ExecutorError && error.code === 'ERR_HOST_NAME') return ExitCode.Name;
  const isArgument = error instanceof TypeError || error instanceof RangeError;
  return isArgument ? ExitCode.Usage : ExitCode.Unforeseen;
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
