/**
 * A host under attack: the code that it may run, the code that it must never run, and ways into its queue past this
 * library.
 *
 *     jobs/**    allowed; probe.mjs reports changes in its worker since its first call
 *     private/** below its root, and not allowed; outside.mjs is beside the root. Each leaves a mark if it is run
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { Queue } from 'bullmq';
import type { ClusterExecutor } from 'concurrent-futures/cluster';
import { FORMAT } from '#dist/cluster/call-format.js';
import { ModuleHasher } from '#dist/cluster/module-hash.js';
import type { Redis } from 'ioredis';
import { type HostProcess, makeCluster, startHost } from './hosts.js';
import { makeProgramFolder } from './program.js';
import { plainQueue } from './plain-queue.js';
import { redisClient, uniqueQueue } from './redis.js';

/** A job that takes long to read must not go to another host meanwhile. */
const LEASE = 10_000;

export const kinds = ['threads', 'processes'] as const;
export type Kind = (typeof kinds)[number];

const PROBE = `
  import { task } from 'concurrent-futures';
  import { EventEmitter } from 'node:events';
  const { Function, Map, Object, Reflect, globalThis: world } = globalThis;
  const owners = {
    global: world, process, Object, Function, Reflect, Math, JSON, Array, Promise, Error, String, Number, RegExp,
    'Object.prototype': Object.prototype, 'Array.prototype': Array.prototype, 'Function.prototype': Function.prototype,
    'Promise.prototype': Promise.prototype, 'Error.prototype': Error.prototype, 'Map.prototype': Map.prototype,
    'String.prototype': String.prototype,
  };
  /** All members, by owner and key: functions with their own keys. */
  function look() {
    const found = new Map();
    for (const [name, owner] of Object.entries(owners)) {
      found.set(name, Reflect.getPrototypeOf(owner));
      for (const key of Reflect.ownKeys(owner)) {
        const { value, get, set } = Reflect.getOwnPropertyDescriptor(owner, key);
        const isData = owner === process && typeof value !== 'function';
        // Objects that this library makes at their first use.
        if (isData || String(key).includes('concurrent-futures')) continue;
        found.set(name + ' ' + String(key), get ?? set ?? value);
        if (typeof value !== 'function') continue;
        for (const own of Reflect.ownKeys(value))
          found.set(name + ' ' + String(key) + ' ' + String(own), true);
      }
    }
    return found;
  }
  // Members that are loaded on demand would count as changes.
  for (const key of Reflect.ownKeys(world)) try { void world[key]; } catch {}
  const before = look();
  export const changes = task(import.meta.url, function changes() {
    const now = look();
    const keys = new Set([...before.keys(), ...now.keys()]);
    return [...keys].filter((key) => !before.has(key) || !now.has(key) || !Object.is(before.get(key), now.get(key)));
  });
  export const add = task(import.meta.url, function add(a, b) { return a + b; });
  export const echo = (value) => value;
  export const fail = (message) => { throw new TypeError(message); };
  export const kindOf = (value) => Object.prototype.toString.call(value);
  export const keysOf = (value) => Object.keys(value);
  export const ownOf = (value) => Reflect.ownKeys(value).map((key) => [String(key), typeof value[key]]);
  export const lengthOf = (value) => value.length;
  export async function later() { return 1; }
  export class Base { static make() { return 'made'; } run() { return 'ran'; } }
  export class Job extends Base {}
  export class Bus extends EventEmitter {}
  export const tools = { inner: { add }, world, process, get trap() { return add; } };
  export const job = new Job();
  export default Job;
`;

/** Code that leaves a mark beside its file when it is loaded, and when it is called. */
const MARK = `
  import { appendFileSync } from 'node:fs';
  appendFileSync(new URL('./mark', import.meta.url), 'loaded');
  export const touch = () => appendFileSync(new URL('./mark', import.meta.url), 'called');
  export default touch;
`;

export interface RawJob {
  readonly id?: string;
  readonly name?: string;
  /** A text is written as it is. */
  readonly data: unknown;
  readonly opts?: unknown;
  /** Further fields of the job's hash. */
  readonly fields?: Readonly<Record<string, string>>;
}

export interface AttackedOptions {
  readonly kind?: Kind;
  readonly secret?: string;
  /** Milliseconds. */
  readonly lease?: number;
  /** Further arguments of the host's command line. */
  readonly args?: readonly string[];
}

interface Probe {
  readonly changes: () => string[];
  readonly add: (a: number, b: number) => number;
}

export class AttackedHost {
  readonly queue: string;
  readonly redis: Redis;
  readonly root: string;
  readonly host: HostProcess;
  /** An honest submitter. */
  readonly cluster: ClusterExecutor;
  readonly #bullmq: Queue;
  readonly #hasher: ModuleHasher;
  readonly #marks: readonly string[];
  readonly #probe: Probe;
  #jobs = 0;

  static async start(t: TestContext, options: AttackedOptions = {}): Promise<AttackedHost> {
    const { kind = 'threads', secret, args = [], lease = LEASE } = options;
    const queue = uniqueQueue(t);
    const outer = makeProgramFolder(t);
    const root = join(outer, 'app');
    for (const folder of ['jobs', 'private', 'node_modules/tool'])
      mkdirSync(join(root, folder), { recursive: true });
    for (const [file, content] of Object.entries({
      'package.json': '{"type":"module"}',
      'jobs/probe.mjs': PROBE,
      'jobs/notes.txt': MARK,
      'jobs/hidden.cjs': "module.exports = require('node:fs');",
      'private/mark.mjs': MARK,
      'node_modules/tool/package.json': '{"name":"tool","version":"1.0.0","type":"module"}',
      'node_modules/tool/index.js': MARK,
      '../outside.mjs': MARK,
    }))
      writeFileSync(join(root, file), content);
    symlinkSync(join(root, '../outside.mjs'), join(root, 'jobs/out.mjs'));
    symlinkSync(join(root, 'private/mark.mjs'), join(root, 'jobs/link.mjs'));
    symlinkSync(join(root, 'private'), join(root, 'jobs/folder'));
    symlinkSync('/', join(root, 'jobs/everything'));
    const host = await startHost(t, {
      queue,
      lease,
      args: [
        '--root',
        root,
        '--allow',
        'jobs/**',
        ...(kind === 'processes' ? ['--processes'] : []),
        ...args,
      ],
      ...(secret === undefined ? {} : { env: { CF_SECRET: secret } }),
    });
    const probe = (await import(pathToFileURL(join(root, 'jobs/probe.mjs')).href)) as Probe;
    const secrets = secret === undefined ? {} : { secret };
    const cluster = makeCluster(t, { queue, root, ...secrets });
    const attacked = new AttackedHost(t, { queue, root, host, cluster, probe });
    await attacked.unharmed();
    return attacked;
  }

  private constructor(
    t: TestContext,
    parts: Pick<AttackedHost, 'queue' | 'root' | 'host' | 'cluster'> & { readonly probe: Probe },
  ) {
    this.queue = parts.queue;
    this.root = parts.root;
    this.host = parts.host;
    this.cluster = parts.cluster;
    this.#probe = parts.probe;
    this.#hasher = new ModuleHasher(parts.root);
    this.redis = redisClient(t);
    this.#bullmq = plainQueue(t, parts.queue);
    this.#marks = ['mark', 'jobs/mark', 'private/mark', 'node_modules/tool/mark', '../mark'].map(
      (each) => join(parts.root, each),
    );
  }

  /** The key of a job's hash, or of a list of the queue. */
  key(name: string): string {
    return `{cf:${this.queue}}:${this.queue}:${name}`;
  }

  /** The hash of its code, which is not a secret. */
  hashOf(file: string): string {
    return this.#hasher.hashOf(pathToFileURL(join(this.root, file)).href);
  }

  /** A call of an export of the allowed module, as it is in Redis. */
  call(path: readonly string[], value: object, file = 'jobs/probe.mjs'): Record<string, unknown> {
    const source = { module: `root:${file}`, hash: this.hashOf(file), path };
    return { cf: FORMAT, source, ...value };
  }

  /** Puts a job into the queue by commands of Redis, like an attacker. @returns its id. */
  async put(job: RawJob): Promise<string> {
    const { id = `attack-${++this.#jobs}`, name = 'attack', data, opts = {}, fields = {} } = job;
    const hash = { name, data: text(data), opts: text(opts), timestamp: '1', delay: '0' };
    await this.redis.hset(this.key(id), { ...hash, priority: '0', ...fields });
    await this.redis.lpush(this.key('wait'), id);
    await this.redis.zadd(this.key('marker'), 0, '0');
    return id;
  }

  /** Puts a job into the queue by BullMQ. @returns its id. */
  async add({ name = 'attack', data, opts = {} }: RawJob): Promise<string> {
    const jobId = `attack-${++this.#jobs}`;
    await this.#bullmq.add(name, data, { ...(opts as object), jobId });
    return jobId;
  }

  /** The error that its submitter gets, if it has failed. */
  failure(id: string): Promise<unknown> {
    return this.cluster.attach(id).exception();
  }

  /** Its outcome in its record, readable or not. */
  async ended(
    id: string,
  ): Promise<{ readonly value: string | null; readonly reason: string | null }> {
    for (;;) {
      const [end, value, reason] = await this.redis.hmget(
        this.key(id),
        'finishedOn',
        'returnvalue',
        'failedReason',
      );
      if (typeof end === 'string') return { value: value ?? null, reason: reason ?? null };
    }
  }

  /** Resolves when no host has a job, and no job waits. */
  async allDone(): Promise<void> {
    const { redis } = this;
    for (const list of ['wait', 'active']) while ((await redis.llen(this.key(list))) > 0);
    if ((await redis.llen(this.key('wait'))) > 0) await this.allDone();
  }

  /**
   * Asserts that no forbidden code was run, nothing is left in the worker, and the same worker runs the next honest
   * call.
   */
  async unharmed(): Promise<void> {
    assert.deepEqual(await this.cluster.submit(this.#probe.changes), []);
    assert.equal(await this.cluster.submit(this.#probe.add, 1, 2), 3);
    assert.deepEqual(
      this.#marks.filter((each) => existsSync(each)),
      [],
    );
    assert.equal(this.host.count('worker-died'), 0);
  }

  /** Asserts that each of these fails with one of the codes, by either way into the queue, and does no harm. */
  async refuses(
    jobs: Readonly<Record<string, RawJob>>,
    ...codes: readonly string[]
  ): Promise<void> {
    const attacks = Object.entries(jobs).flatMap(([name, job]) => {
      const isText = typeof job.data === 'string' || job.id !== undefined;
      return isText
        ? [[name, this.put(job)] as const]
        : [[name, this.put(job)] as const, [name, this.add(job)] as const];
    });
    for (const [name, stored] of attacks) {
      const error = await this.failure(await stored);
      assert.ok(codes.includes(codeOf(error) ?? ''), `${name}: ${inspect(error)}`);
    }
    await this.unharmed();
  }

  /** The result of a call of the allowed module. */
  async answer(path: readonly string[], value: object): Promise<unknown> {
    const id = await this.put({ data: this.call(path, value) });
    return await this.cluster.attach(id);
  }
}

/** The code of an error. */
export function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string } | undefined)?.code;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
