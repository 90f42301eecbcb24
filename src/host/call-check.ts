/**
 * Checks a job before any of it is run: that it is a call, of this format, signed by an allowed submitter, not too old,
 * not run too often, and not one that has ended several hosts or workers.
 */
import type { Job } from 'bullmq';
import { type CallData, checkCall, FORMAT, type RemoteCall } from '../cluster/call-format.ts';
import { BrokenCluster } from '../errors.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import type { HostSettings } from './host-options.ts';

/** A call during which this many hosts and workers have died is not tried again: it may kill them. */
export const MOST_DEATHS = 3;
/** Milliseconds by which the clocks of submitters and hosts may differ. */
const CLOCK_TOLERANCE = 2 * 3_600_000;
/** Number of signed calls whose runs on this host are counted. */
const MOST_REMEMBERED = 100_000;

/** True if some release of this library has written it. */
export function isOurs(data: unknown): data is { readonly cf: number } {
  return typeof (data as Partial<CallData> | null)?.cf === 'number';
}

/** True if its submitter has a secret. */
export function isSigned({ sig }: CallData): boolean {
  return sig !== undefined;
}

/**
 * The number of hosts and workers that have died with it. Redis may contain any number; a negative one would allow
 * endless tries.
 */
export function deathsOf({ stalledCounter }: Job): number {
  return stalledCounter > 0 ? stalledCounter : 0;
}

export class CallCheck {
  readonly #settings: HostSettings;
  /** The number of runs, by the signature of a call. */
  readonly #runs = new BoundedMap<string, number>(MOST_REMEMBERED);

  constructor(settings: HostSettings) {
    this.#settings = settings;
  }

  /** @throws BrokenCluster (`ERR_FORMAT`, `ERR_SIGNATURE`, `ERR_WORKER_DIED`) if it must not be run. */
  read(data: { readonly cf: number }, job: Job): RemoteCall {
    const { id = '', name } = job;
    if (data.cf !== FORMAT) {
      throw new BrokenCluster(
        `Host ${this.#settings.name} speaks format ${FORMAT}, and the call is in format ${data.cf}. Run the same release of concurrent-futures on hosts and submitters.`,
        { code: 'ERR_FORMAT' },
      );
    }
    const call = checkCall(data);
    const { signer } = this.#settings;
    if (signer.isOn) {
      signer.checked('call', [id, name], call);
      this.#checkAge(call, name);
      this.#countRun(call, name);
    }
    this.#checkDeaths(call, name, deathsOf(job));
    return { ...call, name };
  }

  #checkAge({ until }: CallData, name: string): void {
    if (until !== undefined && Date.now() <= until + CLOCK_TOLERANCE) return;
    throw new BrokenCluster(`The call of ${name} is signed, and too old to be run.`, {
      code: 'ERR_SIGNATURE',
    });
  }

  /** Any program with access to Redis can put a signed call there again. */
  #countRun({ sig = '', attempts = 1 }: CallData, name: string): void {
    const runs = (this.#runs.get(sig) ?? 0) + 1;
    if (runs > attempts * MOST_DEATHS) {
      throw new BrokenCluster(
        `The call of ${name} has come to this host ${runs} times, more often than it is tried. Somebody may have put it into Redis again.`,
        { code: 'ERR_SIGNATURE' },
      );
    }
    this.#runs.set(sig, runs);
  }

  /** The call was not run after all. */
  forgive({ sig }: CallData): void {
    const runs = sig === undefined ? undefined : this.#runs.get(sig);
    if (sig !== undefined && runs !== undefined) this.#runs.set(sig, runs - 1);
  }

  #checkDeaths({ onWorkerDeath }: CallData, name: string, deaths: number): void {
    const isTooMany = deaths > 0 && (onWorkerDeath === 'fail' || deaths >= MOST_DEATHS);
    if (!isTooMany) return;
    const again = deaths > 1 ? ` ${deaths} times` : '';
    const orWorker = deaths > 1 ? ', or a worker of it,' : '';
    throw new BrokenCluster(
      `The host that had ${name} in its hands${orWorker} died, or lost its connection,${again} before the call was over.`,
      { code: 'ERR_WORKER_DIED', death: { task: name } },
    );
  }
}
