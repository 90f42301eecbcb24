/**
 * Hosts of a cluster as programs of their own, started from the command line, so that a test can kill them, stop them,
 * ask them to end, and read the reason of their end.
 */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  ClusterExecutor,
  type ClusterHost,
  type ClusterOptions,
  type HostEvent,
  type HostOptions,
  serveCluster,
} from 'concurrent-futures/cluster';
import type { Redis } from 'ioredis';
import { closeAfter } from './held.js';
import { resume, Stops } from './processes.js';
import { redisUrl } from './redis.js';

const PACKAGE = new URL('../../../package.json', import.meta.url);
/** The script that `npx concurrent-futures` runs. */
const CLI = fileURLToPath(new URL(commandOf(PACKAGE), PACKAGE));
/** Its only purpose is to turn a hang into a failure. */
const LIMIT = 40_000;

function commandOf(manifest: URL): string {
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
  };
  return bin['concurrent-futures'] ?? '';
}

/** The events that a host prints with `--json`, a line each. */
export type LoggedEvent = HostEvent & { readonly time: string };
type Kind = HostEvent['event'];
/** One type of event may have several names. */
type EventOf<K extends Kind, E = LoggedEvent> = E extends { readonly event: infer N }
  ? K extends N
    ? E
    : never
  : never;

export interface CliRun {
  /** Of Node. */
  readonly flags?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface HostEnding {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of `concurrent-futures`. It is killed when the test is over, if it has not ended by then. */
export class HostProcess {
  /** Settles when it has ended and all of its output is here. */
  readonly ended: Promise<HostEnding>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #stops: Stops;
  readonly #events: LoggedEvent[] = [];
  readonly #changes = new EventEmitter();
  #stdout = '';
  #stderr = '';
  #ending: HostEnding | undefined = undefined;

  /** @param args - all of them. */
  constructor(t: TestContext, args: readonly string[], { flags = [], cwd, env = {} }: CliRun = {}) {
    const { NODE_V8_COVERAGE: _, NODE_OPTIONS: __, NODE_TEST_CONTEXT: ___, ...own } = process.env;
    this.#stops = new Stops(t);
    this.#child = spawn(process.execPath, [...flags, CLI, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...own, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.ended = this.#collect();
    // After all other cleanup of the test: executors that wait for calls still need their hosts.
    t.after(() => t.after(() => this.kill()));
  }

  get pid(): number {
    const { pid } = this.#child;
    assert.ok(pid !== undefined, 'the host did not start');
    return pid;
  }

  /** The events so far. */
  get events(): readonly LoggedEvent[] {
    return this.#events;
  }

  count(kind: Kind): number {
    return this.#events.filter(({ event }) => event === kind).length;
  }

  /** Resolves with the `count`th event of this kind. @throws if the host ends before. */
  async when<K extends Kind>(kind: K, count = 1): Promise<EventOf<K>> {
    const told = (): LoggedEvent | undefined =>
      this.#events.filter(({ event }) => event === kind)[count - 1];
    await this.#until(() => told() !== undefined, `no event '${kind}' (${count})`);
    return told() as EventOf<K>;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Kills it, like a power failure; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Resolves when it has come to a halt. */
  stop(): Promise<void> {
    return this.#stops.stop(this.pid);
  }

  resume(): void {
    resume(this.pid);
  }

  /** Asks it to end, and waits. */
  terminate(): Promise<HostEnding> {
    this.#child.kill('SIGTERM');
    return this.ended;
  }

  async #collect(): Promise<HostEnding> {
    const { stdout, stderr } = this.#child;
    stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    createInterface(stdout).on('line', (line) => {
      this.#stdout += `${line}\n`;
      if (line.startsWith('{')) this.#events.push(JSON.parse(line) as LoggedEvent);
      this.#changes.emit('change');
    });
    const [code, signal] = (await once(this.#child, 'close')) as [number, NodeJS.Signals];
    this.#ending = { code, signal, stdout: this.#stdout, stderr: this.#stderr };
    this.#changes.emit('change');
    return this.#ending;
  }

  async #until(holds: () => boolean, otherwise: string): Promise<void> {
    const limit = AbortSignal.timeout(LIMIT);
    while (!holds() && this.#ending === undefined && !limit.aborted)
      await once(this.#changes, 'change', { signal: limit }).catch(() => {});
    assert.ok(holds(), `${otherwise} of the host, which has said:\n${this.#stdout}${this.#stderr}`);
  }
}

export interface HostStart extends CliRun {
  readonly queue: string;
  /** Default: the Redis that all tests share. */
  readonly redis?: string;
  /** Default: 1. */
  readonly workers?: number;
  /** Milliseconds. Default: the shortest there is. */
  readonly lease?: number;
  /** Further arguments of the command line. */
  readonly args?: readonly string[];
}

/** Starts a host, and resolves when it serves. */
export async function startHost(t: TestContext, start: HostStart): Promise<HostProcess> {
  const { queue, redis = redisUrl(), workers = 1, lease = 1_000, args = [] } = start;
  const where = ['--redis', redis, '--queue', queue, '--json'];
  const how = ['--workers', String(workers), '--lease', String(lease)];
  const host = new HostProcess(t, ['host', ...where, ...how, ...args], start);
  await host.when('started');
  return host;
}

let hostsHere = 0;

export interface HostHere {
  readonly host: ClusterHost;
  /** The events so far. */
  readonly events: readonly HostEvent[];
}

/** A host in this process, for connections that a command line can't express. It is closed when the test is over. */
export async function serveHere(t: TestContext, options: HostOptions): Promise<HostHere> {
  const events: HostEvent[] = [];
  const host = await serveCluster({
    workers: 1,
    lease: 2_000,
    name: `here-${++hostsHere}`,
    onEvent: (event) => events.push(event),
    ...options,
  });
  // After all other cleanup of the test: executors that wait for calls still need their hosts.
  t.after(() => t.after(() => host.close()));
  return { host, events };
}

/** An executor that is shut down when the test is over; a test that has failed need not wait for all its calls. */
export function makeCluster(t: TestContext, options: ClusterOptions): ClusterExecutor {
  const cluster = new ClusterExecutor({ connection: redisUrl(), ...options });
  t.after(() => void cluster.shutdown({ wait: false, cancelFutures: true }));
  return closeAfter(t, cluster);
}

/** Resolves when Redis has all calls. */
export async function whenStored(
  redis: Redis,
  queue: string,
  calls: readonly { readonly id: string }[],
): Promise<void> {
  for (const { id } of calls) while ((await redis.exists(`{cf:${queue}}:${queue}:${id}`)) === 0);
}
