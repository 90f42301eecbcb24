/** The plan of a round on a cluster, in place of a pool: options of the executor, and hosts. */

/**
 * Milliseconds after which a halted host loses its calls. Short, because rounds wait for it; but not the shortest
 * possible lease, because on a busy machine a healthy host may fail to renew that.
 */
export const LEASE = 2000;

/** Arguments and results of megabytes take a third more as text. */
const MAX_PAYLOAD = 16 << 20;

/** Each of them may end three workers, and cost a host the time of its lease. */
const MOST_CALLS = 60;

/** Runs that may end with their worker or host before the guide lets a call fail. */
const MOST_DEATHS = { retry: 3, fail: 1 };

/** Returns the same as `planPool`, and the hosts of the round: the number and kind of each one's workers. */
export function planCluster(random, kind) {
  const onWorkerDeath = random.pick(['retry', 'retry', 'fail']);
  return {
    options: { onWorkerDeath, maxPayload: MAX_PAYLOAD },
    hosts: random.list(random.int(1, 2), () => ({
      workers: random.int(1, 4),
      processes: kind.processes,
    })),
    mostDeaths: MOST_DEATHS[onWorkerDeath],
    mostCalls: MOST_CALLS,
    initialized: 0,
    failsToStart: false,
    breaks: false,
    pollution: [],
  };
}

/** Gives some calls a place in the queue other than the next, or more than one try. */
export function queueCall(call, random) {
  const what = random.next();
  if (what < 0.15) call.options.priority = random.int(1, 5);
  else if (what < 0.3) call.options.delay = random.int(0, 400);
  else if (what < 0.5) call.options.attempts = random.int(2, 3);
}

/** Milliseconds of a round before a signal; a host needs a part of a second to start. */
const waits = [0, 0, 300, 1000, 2000];

/** A signal to a host, or to one of its workers; some stops are longer than the lease. */
export function makeHostSignal(random) {
  const signal = random.pick(['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGSTOP', 'SIGINT']);
  const ms = random.chance(0.5) ? random.int(1, 600) : random.int(LEASE, 2 * LEASE);
  const wait = random.pick(waits);
  return { do: 'signal', signal, pick: random.next(), ms, wait, atHosts: random.chance(0.7) };
}
