/**
 * Jobs in whose records somebody has written what BullMQ can't work with: JSON that is none, counters that are no numbers.
 *
 * BullMQ throws at them and leaves them with a host that knows nothing of them, or its scripts fail in the middle; they come
 * back when the lease is over, before all other calls. So what is of no use is taken out of the record as soon as a host has the
 * job, and told to whoever processes it.
 */
import type { Job, JobJson } from 'bullmq';
import { LONGEST_RECORD } from '../cluster/call-format.ts';
import type { RedisClient } from '../cluster/connection.ts';
import { reason } from '../util/validate.ts';

/** In place of options that can't be read: whatever becomes of the job, its record stays for an hour. */
const NO_OPTIONS = '{"removeOnComplete":{"age":3600},"removeOnFail":{"age":3600}}';
/** What BullMQ needs in place of these fields; the others may as well be gone. */
const MENDED = new Map([
  ['opts', NO_OPTIONS],
  ['data', 'null'],
]);
const TEXTS = new Set(['progress', 'returnvalue', 'stacktrace', 'parent']);
/** Where reading takes the longer the more there is of it. */
const LONG = new Set([...TEXTS, 'opts']);
/** How often it was begun, tried, and lost. Digits that are a number of JavaScript's as well. */
const COUNTERS = new Set(['ats', 'atm', 'stc']);
/** Has a worker plan the next of a series. Ours have none, and those of others are theirs to plan. */
const SERIES = 'rjk';
/** What Redis says of a counter that it can't count on with, and of a job that is something else. */
const MISCOUNT = /hash value is not an integer|would overflow|WRONGTYPE/;
/** Jobs that are looked through together. */
const PAGE = 1_000;

type Reply = [fields: string[], id: string, ...rest: unknown[]];

export class UnreadableJobs {
  readonly #client: RedisClient;
  readonly #keys: string;
  /** By the ids of jobs that have been taken, and not read yet. */
  readonly #taken = new Map<string, string>();
  readonly #fields = new WeakMap<Job, string>();

  /** @param keys - what the keys of the queue begin with. */
  constructor(client: RedisClient, keys: string) {
    this.#client = client;
    this.#keys = keys;
  }

  /** The field of its record that can't be read, if there is one. */
  fieldOf(job: Job): string | undefined {
    return this.#fields.get(job);
  }

  /**
   * The reply of a script that may have taken a job, with nothing in it that BullMQ can't read.
   *
   * @param again - takes one anew, if the first has failed because of a job that is mended since.
   */
  async mend(reply: Promise<unknown>, again?: () => Promise<unknown>): Promise<unknown> {
    let given: unknown;
    try {
      given = await reply;
    } catch (error) {
      if ((await this.#repair(error)) === 0 || again === undefined) throw error;
      return this.mend(again(), again);
    }
    if (!isTaken(given)) return given;
    const [fields, id, ...rest] = given;
    const names = fields.filter((_, i) => i % 2 === 0);
    const bad = names.filter((name, i) => !isReadable(name, fields[2 * i + 1] ?? ''));
    // BullMQ takes that for an empty object, which is a job of somebody else's.
    if (!names.includes('data')) bad.push('data');
    const [first] = bad;
    if (first !== undefined) {
      this.#taken.set(id, first);
      // BullMQ's scripts read some of them, too, when the job ends.
      const useless = bad.filter((name) => !MENDED.has(name));
      if (useless.length > 0) await this.#client.hdel(`${this.#keys}${id}`, ...useless);
    }
    const mended = names.flatMap((name, i) => {
      if (name === SERIES) return [];
      const value = bad.includes(name) ? MENDED.get(name) : fields[2 * i + 1];
      return value === undefined ? [] : [name, value];
    });
    return [mended, id, ...rest];
  }

  read(id: string, json: JobJson, create: (json: JobJson) => Job): Job {
    let field = this.#taken.get(id);
    this.#taken.delete(id);
    let job: Job;
    try {
      job = create(json);
    } catch {
      field = 'data';
      job = create({ ...json, data: 'null' });
    }
    if (field !== undefined) this.#fields.set(job, field);
    return job;
  }

  /**
   * A script had a job in its hands when it failed, and nobody is told which. It is among those that hosts have, and comes
   * back from there when its lease is over; what is no job does not.
   *
   * @returns how many were found.
   */
  async #repair(error: unknown): Promise<number> {
    if (!MISCOUNT.test(reason(error))) return 0;
    const active = `${this.#keys}active`;
    const ids = await this.#client.lrange(active, 0, -1);
    let count = 0;
    for (let from = 0; from < ids.length; from += PAGE) {
      const repaired = await Promise.all(
        ids.slice(from, from + PAGE).map((id) => this.#repairJob(active, id)),
      );
      count += repaired.filter(Boolean).length;
    }
    return count;
  }

  async #repairJob(active: string, id: string): Promise<boolean> {
    const key = `${this.#keys}${id}`;
    if (!['hash', 'none'].includes(await this.#client.type(key))) {
      await this.#client.unlink(`${key}:lock`);
      return (await this.#client.lrem(active, 0, id)) > 0;
    }
    const names = [...COUNTERS];
    const values = await this.#client.hmget(key, ...names);
    const bad = names.filter((name, i) => !isReadable(name, values[i] ?? '0'));
    return bad.length > 0 && (await this.#client.hdel(key, ...bad)) > 0;
  }
}

function isTaken(reply: unknown): reply is Reply {
  return Array.isArray(reply) && Array.isArray(reply[0]);
}

/** Data is not read twice: BullMQ throws where it can't be, and takes no text for an empty object. */
function isReadable(name: string, text: string): boolean {
  if (name === 'data') return text !== '' && text.length <= LONGEST_RECORD;
  if (COUNTERS.has(name)) return /^\d{1,15}$/.test(text);
  if (text.length > LONGEST_RECORD) return !LONG.has(name);
  if (name !== 'opts') return !TEXTS.has(name) || isJson(text);
  return isJson(text, (value) => typeof value === 'object' && value !== null);
}

function isJson(text: string, test: (value: unknown) => boolean = () => true): boolean {
  try {
    return test(JSON.parse(text));
  } catch {
    return false;
  }
}
