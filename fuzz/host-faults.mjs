/** What was done to the hosts of a cluster, and which runs of calls it may have undone. */
import { LEASE } from './cluster-plan.mjs';

/** A lease is renewed at every half of it, so what stands still for less keeps it. */
const LONG_STOP = LEASE / 2;
/** Milliseconds in which an outcome gets from a worker into Redis, on a busy machine. */
const ON_ITS_WAY = 500;

export class HostFaults {
  #byHost = new Map();

  /** @param hosts - undefined for a pool, which has none. @param stops - of all processes. */
  constructor(hosts, stops) {
    for (const { pid, lostAt } of hosts?.all ?? []) {
      const own = stops
        .filter((stop) => stop.pid === pid && stop.until - stop.at >= LONG_STOP)
        // What it held is lost, also if it is begun afterwards, until it has found that out.
        .map(({ at, until }) => ({ at, until: until + LEASE }));
      // Its workers live a moment longer.
      if (lostAt !== undefined) own.push({ at: lostAt, until: Infinity });
      this.#byHost.set(pid, own);
    }
  }

  /** How many there were. */
  get count() {
    return [...this.#byHost.values()].reduce((sum, faults) => sum + faults.length, 0);
  }

  /** Whether the outcome of a run may not count, because of its host. */
  undid({ pid, parent, at, end }) {
    const faults = this.#byHost.get(pid) ?? this.#byHost.get(parent) ?? [];
    return faults.some((fault) => at <= fault.until && end >= fault.at - ON_ITS_WAY);
  }
}
