/** Simulates a busy machine, for tests that must pass on one. */
import { spawn } from 'node:child_process';

const SPINNERS = 2;
/** The processes also end by themselves when their parent is gone. */
const SPIN = 'const parent = process.ppid; while (process.ppid === parent);';

/** Runs `run` while spinning processes keep the cores busy. They are gone when it returns. */
export async function underLoad(run) {
  const spinners = Array.from({ length: SPINNERS }, spin);
  try {
    return await run();
  } finally {
    await Promise.all(spinners.map((end) => end()));
  }
}

function spin() {
  const spinner = spawn(process.execPath, ['-e', SPIN], { stdio: 'ignore' });
  const gone = new Promise((resolve, reject) => {
    spinner.on('exit', resolve).on('error', reject);
  });
  // Without load there is no second run; the exit of a process reports that.
  gone.catch(() => {});
  return () => {
    spinner.kill('SIGKILL');
    return gone;
  };
}
