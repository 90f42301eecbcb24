/** The faults of the hosts of a cluster, and the runs of calls that they may have undone. */
import { LEASE } from './cluster-plan.mjs';

/** A lease is renewed at every half of it, so a shorter halt keeps it. */
const LONG_STOP = LEASE / 2;
/** Milliseconds in which an outcome reaches Redis from a worker, on a busy machine. */
const ON_ITS_WAY = 500;

export class HostFaults {
  #byHost = new Map();

  /** @param hosts - undefined for a pool, which has none. @param stops - of all processes. */
  constructor(hosts, stops) {
    for (const { pid, lostAt } of hosts?.all ?? []) {
      const own = stops
        .filter((stop) => stop.pid === pid && stop.until - stop.at >= LONG_STOP)
        // The calls of a halted host are lost, also those that begin afterwards, until the host detects it.
        .map(({ at, until }) => ({ at, until: until + LEASE }));
      // The workers of a dead host live a moment longer.
      if (lostAt !== undefined) own.push({ at: lostAt, until: Infinity });
      this.#byHost.set(pid, own);
    }
  }

  /** How many there were. */
  get count() {
    return [...this.#byHost.values()].reduce((sum, faults) => sum + faults.length, 0);
  }

  /** True if the outcome of a run may not count, because of its host. */
  undid({ pid, parent, at, end }) {
    const faults = this.#byHost.get(pid) ?? this.#byHost.get(parent) ?? [];
    return faults.some((fault) => at <= fault.until && end >= fault.at - ON_ITS_WAY);
  }
}
