/** The ends of workers and hosts in a round, with time and cause; they excuse the failures of calls on them. */
import { nearlyExits } from './fatal-tasks.mjs';
import { HostFaults } from './host-faults.mjs';

/**
 * Milliseconds: a worker that is killed takes along the outcomes it has in hand. Outcomes of megabytes, and those
 * behind them, are in its hand until its parent has read them.
 */
const IN_HAND = 25;
const IN_HAND_IF_HUGE = 500;

export class Deaths {
  hosts;
  #byWorker = new Map();
  #suddenPids = new Set();
  #noted = 0;
  #claimed = 0;
  #excusedChunks = new Set();
  #calls;
  #runs;
  #inHand;
  /** Workers that have lived on after an exit. If something else ends them, Node reports the code of that exit. */
  #survivors = new Set();

  /** @param calls - all calls; @param play - has sent signals from outside. */
  constructor(runs, calls, { plan, signals, hosts }) {
    this.#inHand = plan.active.has('huge') ? IN_HAND_IF_HUGE : IN_HAND;
    this.#runs = runs;
    this.#calls = calls;
    this.hosts = new HostFaults(hosts, signals.stops);
    for (const call of calls) {
      if (call.fn === nearlyExits)
        for (const { worker } of runs.get(call.id)?.begins ?? []) this.#survivors.add(worker);
      if (call.fatal === undefined) continue;
      for (const { worker, pid, at } of runs.get(call.id)?.begins ?? []) {
        this.#note(worker, { ...call.fatal, call: call.id, at });
        if (call.fatal.sudden) this.#suddenPids.add(pid);
      }
    }
    for (const { pid, signal, at } of signals.deadly) {
      this.#note(`${pid}.0`, { signals: [signal], sudden: true, at });
      this.#suddenPids.add(pid);
    }
  }

  get any() {
    return this.#byWorker.size > 0;
  }

  /** The ends of workers. */
  get all() {
    return [...this.#byWorker.values()].flat();
  }

  #note(worker, death) {
    this.#noted++;
    const known = this.#byWorker.get(worker);
    if (known === undefined) this.#byWorker.set(worker, [death]);
    else known.push(death);
  }

  /** The ends that the worker of a call could have. */
  of(call) {
    const workers = this.#placesOf(call).map(({ worker }) => worker);
    const survived = workers.some((worker) => this.#survivors.has(worker));
    const deaths = workers.flatMap((worker) => this.#byWorker.get(worker) ?? []);
    return survived ? deaths.concat({ exitCode: 0 }) : deaths;
  }

  /** Items of one chunk are lost together. */
  #placesOf(call) {
    return together(call).flatMap(({ id }) => this.#runs.get(id)?.begins ?? []);
  }

  /** The runs of a call, in order; of an unfinished run, `end` is in the future. */
  runsOf(call) {
    const { begins = [], ends = [] } = this.#runs.get(call.id) ?? {};
    const left = [...ends];
    const runs = [];
    for (const begin of begins.toSorted((a, b) => a.at - b.at)) {
      const i = left.findIndex(({ worker, at }) => worker === begin.worker && at >= begin.at);
      runs.push({ ...begin, end: i < 0 ? Infinity : left.splice(i, 1)[0].at });
    }
    return runs;
  }

  /** True if its worker may have taken a run along, or its outcome. */
  #workerUndid(call, run) {
    const end = Math.max(...together(call).map((each) => this.#lastEnd(each, run)));
    const deaths = this.#byWorker.get(run.worker) ?? [];
    return deaths.some(({ at, sudden }) => end >= at - (sudden ? this.#inHand : 0));
  }

  /** For an item that has not begun there, in the future. */
  #lastEnd(call, { worker }) {
    const ends = this.runsOf(call).filter((run) => run.worker === worker);
    return ends.length === 0 ? Infinity : Math.max(...ends.map(({ end }) => end));
  }

  /** True if its worker or its host may have taken a run along, or its outcome. */
  undid(call, run) {
    return this.#workerUndid(call, run) || this.hosts.undid(run);
  }

  /** The number of runs of a call, or of its chunk, that may have been taken along. */
  #countOf(call, mayBeHost) {
    const isLost = (run) => (mayBeHost ? this.undid(call, run) : this.#workerUndid(call, run));
    return Math.max(...together(call).map((each) => this.runsOf(each).filter(isLost).length));
  }

  /**
   * True if the end of its worker can be the end of this call: it ran beside the cause, or a worker that was killed had
   * it in hand (the guide allows a batch of tiny calls for that).
   *
   * @param needed - number of ends. A pool fails a call at the first. @param mayBeHost - true if ends of hosts count.
   */
  excuse(call, error, { needed = 1, mayBeHost = false } = {}) {
    const ofHosts = mayBeHost ? this.hosts.count : 0;
    if (call.unmarked) return this.#noted + ofHosts >= needed;
    // The outer call fails with the error of an inner call.
    if (call.passesOn) {
      const own = this.excuse({ ...call, passesOn: false }, error, { needed, mayBeHost });
      return own || call.inner.some((each) => this.excuse(each, error));
    }
    const seen = this.#countOf(call, mayBeHost);
    if (seen >= needed) return true;
    if (needed === 1 && ofHosts === 0 && this.#placesOf(call).length > 0) return false;
    // A worker has the items of one chunk in hand like one call.
    if (call.mates !== undefined && this.#excusedChunks.has(call.mates)) return true;
    const isExcused = this.#excuseUnbegun(error, needed - seen, ofHosts);
    if (isExcused && call.mates !== undefined) this.#excusedChunks.add(call.mates);
    return isExcused;
  }

  /**
   * A call that never ran: a worker that was killed had it in hand; or a worker had claimed it when something else
   * ended the worker, while its function was being imported. A host may have had any number of calls.
   */
  #excuseUnbegun({ pid }, times, ofHosts) {
    const free = ofHosts + (pid !== undefined && this.#suddenPids.has(pid) ? 1 : 0);
    if (free >= times) return true;
    const isDue = pid === undefined ? this.any : this.#byWorker.has(`${pid}.0`);
    if (!isDue) return false;
    this.#claimed += times - free;
    return this.#claimed <= this.#noted || this.#claimed <= this.#mostClaimed();
  }

  /**
   * At each end there is at most one such call, and one more for each call that its tasks have submitted to their own
   * pool.
   */
  #mostClaimed() {
    let most = 0;
    for (const [worker, deaths] of this.#byWorker)
      for (const { at } of deaths) most += 1 + this.#submittedIn(worker, at);
    return most;
  }

  #submittedIn(worker, at) {
    const isThen = (run) => run.worker === worker && run.at < at && run.end > at;
    const underWay = this.#calls.filter((call) => this.runsOf(call).some(isThen));
    return underWay.reduce(
      (sum, { hidden, inner }) => sum + (inner?.length ?? (hidden ? 1 : 0)),
      0,
    );
  }
}

function together(call) {
  return [call, ...(call.mates ?? [])];
}
