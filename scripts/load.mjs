/** A busy machine, for tests that have to pass on one. */
import { spawn } from 'node:child_process';

const SPINNERS = 2;
/** They end by themselves, too, once nobody is there to end them. */
const SPIN = 'const parent = process.ppid; while (process.ppid === parent);';

/** What `run` returns, while as many processes do nothing but keep the cores from it. */
export async function underLoad(run) {
  const spinners = Array.from({ length: SPINNERS }, () =>
    spawn(process.execPath, ['-e', SPIN], { stdio: 'ignore' }),
  );
  try {
    return await run();
  } finally {
    for (const spinner of spinners) spinner.kill('SIGKILL');
  }
}
