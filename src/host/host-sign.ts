/** A host's sign of life: its record, renewed as long as it lives; see host-record.ts. */
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import type { RedisClient } from '../cluster/connection.ts';
import { removeHost, writeHost } from '../cluster/host-record.ts';
import type { HostSettings } from './host-options.ts';

export class HostSign {
  readonly #client: RedisClient;
  readonly #settings: HostSettings;
  readonly #ttl: number;
  readonly #inFlight: () => number;
  readonly #since = Date.now();
  readonly #timer: NodeJS.Timeout;

  /**
   * @param ttl - milliseconds after which a host without a renewal counts as dead.
   * @param inFlight - how many calls it has in its hands.
   */
  constructor(client: RedisClient, settings: HostSettings, ttl: number, inFlight: () => number) {
    this.#client = client;
    this.#settings = settings;
    this.#ttl = ttl;
    this.#inFlight = inFlight;
    this.#timer = setInterval(() => void this.give(), ttl / 3);
  }

  /** Only people use the record: if Redis refuses one renewal, the next one may succeed. */
  async give(): Promise<void> {
    const { names, signer, name, kind, workers } = this.#settings;
    const { pid, version } = process;
    const record = {
      name,
      hostname: hostname(),
      pid,
      kind,
      workers,
      calls: this.#inFlight(),
      versions: { node: version.slice(1), concurrentFutures: ownVersion() },
      since: this.#since,
    };
    await writeHost(this.#client, names, signer, record, this.#ttl).catch(() => {});
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#client.status !== 'ready') return;
    await removeHost(this.#client, this.#settings.names, this.#settings.name).catch(() => {});
  }
}

let version: string | undefined;

/** The version of this library; a bundle has no manifest beside it. */
function ownVersion(): string {
  try {
    const require = createRequire(import.meta.url);
    version ??= (require('concurrent-futures/package.json') as { readonly version: string })
      .version;
  } catch {
    version = 'unknown';
  }
  return version;
}
