/** Runs a compiled fixture script in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ChildOutcome {
  readonly code: number | null;
  /** True if the script was still running when its time was over. */
  readonly hung: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Far more than any script needs: its only purpose is to turn a hang into a failure. */
const LIMIT = 60_000;

/** @param name - of the script in `test/fixtures`, without its ending. */
export function runFixture(
  name: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<ChildOutcome> {
  const script = fileURLToPath(new URL(`../fixtures/${name}.js`, import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...flags, script, ...args],
      { timeout: LIMIT, killSignal: 'SIGKILL' },
      (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, hung: child.killed, stdout, stderr }),
    );
  });
}
