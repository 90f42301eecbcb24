/** Which workers and hosts had to end, when, and how: what excuses the calls that were on them. */
import { nearlyExits } from './fatal-tasks.mjs';
import { HostFaults } from './host-faults.mjs';

/**
 * Milliseconds: what was in the hands of a worker that is ended in the middle of anything goes with it. Outcomes of
 * megabytes, and what comes behind them, are in its hands until its parent has read them.
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
  /** Those that have lived on although they had exited. Should something else end them, Node tells what they had exited with. */
  #survivors = new Set();

  /** @param calls - all there were; @param play - has sent signals from outside. */
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

  /** Those of workers. */
  get all() {
    return [...this.#byWorker.values()].flat();
  }

  #note(worker, death) {
    this.#noted++;
    const known = this.#byWorker.get(worker);
    if (known === undefined) this.#byWorker.set(worker, [death]);
    else known.push(death);
  }

  /** The ends that the worker of a call had to expect. */
  of(call) {
    const workers = this.#placesOf(call).map(({ worker }) => worker);
    const survived = workers.some((worker) => this.#survivors.has(worker));
    const deaths = workers.flatMap((worker) => this.#byWorker.get(worker) ?? []);
    return survived ? deaths.concat({ exitCode: 0 }) : deaths;
  }

  /** Items of one chunk have one fate. */
  #placesOf(call) {
    return together(call).flatMap(({ id }) => this.#runs.get(id)?.begins ?? []);
  }

  /** The runs of a call, the first one first; of one that is not over, `end` is in the future. */
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

  /** Whether its worker may have taken a run along, or its outcome. */
  #workerUndid(call, run) {
    const end = Math.max(...together(call).map((each) => this.#lastEnd(each, run)));
    const deaths = this.#byWorker.get(run.worker) ?? [];
    return deaths.some(({ at, sudden }) => end >= at - (sudden ? this.#inHand : 0));
  }

  /** Of an item that has not begun there, in the future. */
  #lastEnd(call, { worker }) {
    const ends = this.runsOf(call).filter((run) => run.worker === worker);
    return ends.length === 0 ? Infinity : Math.max(...ends.map(({ end }) => end));
  }

  /** Whether its worker or its host may have taken a run along, or its outcome. */
  undid(call, run) {
    return this.#workerUndid(call, run) || this.hosts.undid(run);
  }

  /** How many runs of a call, or of the chunk that it is of, may have been taken along. */
  #countOf(call, mayBeHost) {
    const isLost = (run) => (mayBeHost ? this.undid(call, run) : this.#workerUndid(call, run));
    return Math.max(...together(call).map((each) => this.runsOf(each).filter(isLost).length));
  }

  /**
   * Whether the end of its worker can be the end of this call: it ran beside what ended it, or was in the hands
   * of a worker that was ended without a warning (the guide allows a batch of tiny calls for these).
   *
   * @param needed - so many ends. A pool fails a call at the first. @param mayBeHost - whether ends of hosts count.
   */
  excuse(call, error, { needed = 1, mayBeHost = false } = {}) {
    const ofHosts = mayBeHost ? this.hosts.count : 0;
    if (call.unmarked) return this.#noted + ofHosts >= needed;
    // What an inner call fails with is what the outer one fails with.
    if (call.passesOn) {
      const own = this.excuse({ ...call, passesOn: false }, error, { needed, mayBeHost });
      return own || call.inner.some((each) => this.excuse(each, error));
    }
    const seen = this.#countOf(call, mayBeHost);
    if (seen >= needed) return true;
    if (needed === 1 && ofHosts === 0 && this.#placesOf(call).length > 0) return false;
    // Items of one chunk are in the hands of a worker as one call is.
    if (call.mates !== undefined && this.#excusedChunks.has(call.mates)) return true;
    const isExcused = this.#excuseUnbegun(error, needed - seen, ofHosts);
    if (isExcused && call.mates !== undefined) this.#excusedChunks.add(call.mates);
    return isExcused;
  }

  /**
   * A call that never ran: in the hands of a worker that was ended without a warning; or one that a worker had claimed
   * when it was ended by something else, its function still being imported. A host may have had any number of calls in
   * its hands.
   */
  #excuseUnbegun({ pid }, times, ofHosts) {
    const free = ofHosts + (pid !== undefined && this.#suddenPids.has(pid) ? 1 : 0);
    if (free >= times) return true;
    const isDue = pid === undefined ? this.any : this.#byWorker.has(`${pid}.0`);
    if (!isDue) return false;
    this.#claimed += times - free;
    return this.#claimed <= this.#noted || this.#claimed <= this.#mostClaimed();
  }

  /** At each end there is at most one such call, and one more for each that its tasks have submitted to their own pool. */
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
