/** Signals from outside to the workers of this process. */
import { childProcesses } from './processes.mjs';
import { now } from './marks.mjs';

/** Those that end whoever gets them; workers leave an interrupt to their parent. */
const DEADLY = new Set(['SIGKILL', 'SIGTERM']);

export class Signals {
  /** What was sent that ends a process: `{ pid, signal, at }`. */
  deadly = [];
  count = 0;
  #stopped = new Map();

  /** Sends one to a worker, whatever it is doing: starting, idle, busy, ending. */
  send({ signal, pick, ms }) {
    const children = childProcesses();
    const pid = children[Math.floor(pick * children.length)];
    if (pid === undefined) return;
    if (!tell(pid, signal)) return;
    this.count++;
    if (DEADLY.has(signal)) this.deadly.push({ pid, signal, at: now() });
    if (signal === 'SIGSTOP') this.#resumeIn(ms, pid);
  }

  #resumeIn(ms, pid) {
    clearTimeout(this.#stopped.get(pid));
    this.#stopped.set(
      pid,
      setTimeout(() => this.#resume(pid), ms),
    );
  }

  #resume(pid) {
    this.#stopped.delete(pid);
    tell(pid, 'SIGCONT');
  }

  /** Lets nobody stay stopped. */
  resumeAll() {
    for (const [pid, timer] of this.#stopped) {
      clearTimeout(timer);
      this.#resume(pid);
    }
  }
}

function tell(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
