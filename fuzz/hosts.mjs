/**
 * The hosts of a round on a cluster: programs of their own, started by the package's command. Each that ends has a
 * successor.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LEASE } from './cluster-plan.mjs';
import { noteProcess, now } from './marks.mjs';
import { within } from './patience.mjs';
import { childrenOf } from './processes.mjs';

/** The root of module paths, for hosts and submitter. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { bin } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const CLI = fileURLToPath(new URL(`../${bin['concurrent-futures']}`, import.meta.url));

/** The exit codes that the guide gives. */
const DRAINED = 0;
const WORKERS = 5;
const FORCED = 6;

const LAST_WORDS = 600;
const ASKS = new Set(['SIGTERM', 'SIGINT']);

export class Hosts {
  /** All hosts of the round. */
  all = [];
  #plans;
  #isEnding = false;

  /** @param plans - of each: `workers`, and whether these are `processes`. */
  constructor(plans) {
    this.#plans = plans;
  }

  start() {
    for (const plan of this.#plans) this.#start(plan);
  }

  get pids() {
    return this.all.map(({ pid }) => pid);
  }

  /** Those that live. */
  get running() {
    return this.all.filter(({ end }) => end === undefined);
  }

  get workers() {
    return this.running.flatMap(({ pid }) => childrenOf(pid));
  }

  /** Tells all to end, and waits. */
  async end() {
    this.#isEnding = true;
    for (const host of this.running) host.tell('SIGTERM');
    await within(Promise.all(this.all.map(({ ended }) => ended)), 'hosts end');
  }

  #start(plan) {
    const host = new Host(plan);
    this.all.push(host);
    void host.ended.then(() => {
      if (!this.#isEnding) this.#start(plan);
    });
  }
}

class Host {
  pid;
  /** Resolves when it is gone. */
  ended;
  /** `{ code, signal }` then. */
  end = undefined;
  /** When it was asked to end. */
  asks = [];
  killedAt = undefined;
  /** True if it was asked to end before it reported that it serves. */
  wasEarly = false;
  isServing = false;
  output = '';
  #child;

  constructor({ workers, processes }) {
    const args = ['--queue', process.env.CF_FUZZ_QUEUE, '--workers', workers, '--lease', LEASE];
    const how = [...(processes ? ['--processes'] : []), '--root', ROOT, '--allow-code', '--json'];
    this.#child = spawn(process.execPath, [CLI, 'host', ...args.map(String), ...how], {
      // As if npm had started it: then it ends in order when this process is gone, for any reason.
      env: { ...process.env, npm_command: 'run-script' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Options as own properties, because code has added properties to all objects.
      timeout: 0,
    });
    this.pid = this.#child.pid;
    noteProcess(this.pid);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => this.#hear(text));
    }
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.end = { code, signal };
        resolve();
      });
    });
  }

  /** @returns true if the host was there to get the signal. */
  tell(signal) {
    if (this.end !== undefined || !this.#child.kill(signal)) return false;
    if (signal === 'SIGKILL') this.killedAt ??= now();
    if (!ASKS.has(signal)) return true;
    if (!this.isServing) this.wasEarly = true;
    this.asks.push(now());
    return true;
  }

  /** The time at which it stopped waiting for its calls. */
  get lostAt() {
    return this.killedAt ?? this.asks[1] ?? (this.wasEarly ? this.asks[0] : undefined);
  }

  /** @param hasBroken - true if a task has shut its pool down. @returns the problem with its end, if there is one. */
  faultOfEnd(hasBroken) {
    const { code, signal } = this.end;
    if (this.killedAt !== undefined && signal === 'SIGKILL') return undefined;
    if (this.wasEarly && ASKS.has(signal)) return undefined;
    const due = [];
    if (this.asks.length > 0) due.push(DRAINED);
    if (this.asks.length > 1) due.push(FORCED);
    if (hasBroken) due.push(WORKERS);
    if (due.includes(code)) return undefined;
    return `host ${this.pid}, told ${this.asks.length} times to end, ended with ${signal ?? `exit code ${code}`}: ${this.output}`;
  }

  #hear(text) {
    this.output = (this.output + text).slice(-LAST_WORDS);
    if (text.includes('"event":"started"')) this.isServing = true;
  }
}
