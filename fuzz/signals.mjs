/** Signals from outside to the workers of this process, or to hosts and their workers. */
import { childProcesses } from './processes.mjs';
import { now } from './marks.mjs';

/** Signals that end their target. Running workers leave an interrupt to their parent. */
const DEADLY = new Set(['SIGKILL', 'SIGTERM', 'SIGINT']);

export class Signals {
  /** The deadly signals that were sent: `{ pid, signal, at }`. */
  deadly = [];
  /** The stopped processes, and the time of their continuation: `{ pid, at, until }`. */
  stops = [];
  count = 0;
  #stopped = new Map();
  #hosts;

  /** @param hosts - undefined for a pool, whose workers are children of this process. */
  constructor(hosts) {
    this.#hosts = hosts;
  }

  /** Sends a signal to a worker in any state: starting, idle, busy, ending; or to a host. */
  send({ signal, pick, ms, atHosts }) {
    if (atHosts) this.#sendToHost(signal, pick, ms);
    else this.#sendToWorker(signal, pick, ms);
  }

  /** The record of each host contains its own deadly signals. */
  #sendToHost(signal, pick, ms) {
    const { running } = this.#hosts;
    const host = running[Math.floor(pick * running.length)];
    if (host === undefined || !host.tell(signal)) return;
    this.count++;
    if (signal === 'SIGSTOP') this.#resumeIn(ms, host.pid);
  }

  #sendToWorker(signal, pick, ms) {
    const workers = this.#hosts?.workers ?? childProcesses();
    const pid = workers[Math.floor(pick * workers.length)];
    if (pid === undefined || !tell(pid, signal)) return;
    this.count++;
    if (DEADLY.has(signal)) this.deadly.push({ pid, signal, at: now() });
    if (signal === 'SIGSTOP') this.#resumeIn(ms, pid);
  }

  #resumeIn(ms, pid) {
    const known = this.#stopped.get(pid);
    clearTimeout(known?.timer);
    const stop = known?.stop ?? { pid, at: now(), until: Infinity };
    if (known === undefined) this.stops.push(stop);
    this.#stopped.set(pid, { stop, timer: setTimeout(() => this.#resume(pid), ms) });
  }

  #resume(pid) {
    this.#stopped.get(pid).stop.until = now();
    this.#stopped.delete(pid);
    tell(pid, 'SIGCONT');
  }

  /** Resumes all stopped processes. */
  resumeAll() {
    for (const [pid, { timer }] of this.#stopped) {
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
