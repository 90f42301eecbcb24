/** Which workers had to end, when, and how: what excuses the calls that were on them. */

/** Milliseconds: what was in the hands of a worker that is ended in the middle of anything goes with it. */
const IN_HAND = 25;

export class Deaths {
  #byWorker = new Map();
  #suddenPids = new Set();
  #noted = 0;
  #claimed = 0;
  #runs;

  /** @param fatal - all calls that may end their workers; @param signals - what was sent from outside. */
  constructor(runs, fatal, signals) {
    this.#runs = runs;
    for (const call of fatal) {
      for (const { worker, pid, at } of runs.get(call.id)?.begins ?? []) {
        this.#note(worker, { ...call.fatal, call: call.id, at });
        if (call.fatal.sudden) this.#suddenPids.add(pid);
      }
    }
    for (const { pid, signal, at } of signals) {
      this.#note(`${pid}.0`, { signals: [signal], sudden: true, at });
      this.#suddenPids.add(pid);
    }
  }

  get any() {
    return this.#byWorker.size > 0;
  }

  #note(worker, death) {
    this.#noted++;
    const known = this.#byWorker.get(worker);
    if (known === undefined) this.#byWorker.set(worker, [death]);
    else known.push(death);
  }

  /** The ends that the worker of a call had to expect. */
  of(call) {
    return this.#placesOf(call).flatMap(({ worker }) => this.#byWorker.get(worker) ?? []);
  }

  /** Items of one chunk have one fate. */
  #placesOf(call) {
    return [call, ...(call.mates ?? [])].flatMap(({ id }) => this.#runs.get(id)?.begins ?? []);
  }

  /**
   * Whether the end of its worker can be the end of this call: it ran beside what ended it, or was in the hands
   * of a worker that was ended without a warning (the guide allows a batch of tiny calls for these).
   */
  excuse(call, error) {
    if (call.unmarked) return this.any;
    // What an inner call fails with is what the outer one fails with.
    if (call.passesOn)
      return [{ ...call, passesOn: false }, ...call.inner].some((each) => this.excuse(each, error));
    const places = this.#placesOf(call);
    if (places.length === 0) return this.#excuseUnbegun(error);
    const ended = Math.max(0, ...[call, ...(call.mates ?? [])].map(({ id }) => this.#endOf(id)));
    return this.of(call).some(({ at, sudden }) => ended >= at - (sudden ? IN_HAND : 0));
  }

  /**
   * A call that never ran: in the hands of a worker that was ended without a warning; or the one that a worker had claimed
   * when it was ended by something else, its function still being imported. There is at most one of these for each end.
   */
  #excuseUnbegun({ pid }) {
    if (pid !== undefined && this.#suddenPids.has(pid)) return true;
    const isDue = pid === undefined ? this.any : this.#byWorker.has(`${pid}.0`);
    return isDue && ++this.#claimed <= this.#noted;
  }

  #endOf(id) {
    const run = this.#runs.get(id);
    if (run === undefined || run.begins.length === 0) return 0;
    return run.ends[0]?.at ?? Infinity;
  }
}
