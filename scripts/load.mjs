/** A busy machine, for tests that have to pass on one. */
import { spawn } from 'node:child_process';

const SPINNERS = 2;
/** They end by themselves, too, once nobody is there to end them. */
const SPIN = 'const parent = process.ppid; while (process.ppid === parent);';

/** What `run` returns, while as many processes do nothing but keep the cores from it. They are gone afterwards. */
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
  // Without load there is no second run: this is told by the end.
  gone.catch(() => {});
  return () => {
    spinner.kill('SIGKILL');
    return gone;
  };
}
