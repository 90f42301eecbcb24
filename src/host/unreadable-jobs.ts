/**
 * Jobs with records that BullMQ can't process: invalid JSON, counters that are not numbers.
 *
 * BullMQ throws on them and leaves them with a host that is not aware of them, or its scripts fail in the middle; the
 * jobs come back when the lease is over, before all other calls. So useless fields are taken out of the record as soon
 * as a host has the job, and reported to the code that processes it.
 */
import type { Job, JobJson } from 'bullmq';
import { LONGEST_RECORD } from '../cluster/call-format.ts';
import type { RedisClient } from '../cluster/connection.ts';
import { reason } from '../util/validate.ts';

/** Replaces unreadable options: the job's record stays for an hour after any end. */
const NO_OPTIONS = '{"removeOnComplete":{"age":3600},"removeOnFail":{"age":3600}}';
/** The values that BullMQ needs in these fields; the others may be deleted. */
const MENDED = new Map([
  ['opts', NO_OPTIONS],
  ['data', 'null'],
]);
const TEXTS = new Set(['progress', 'returnvalue', 'stacktrace', 'parent']);
/** Fields whose reading time grows with their length. */
const LONG = new Set([...TEXTS, 'opts']);
/** Counters of starts, tries and losses. Their digits are numbers of JavaScript as well. */
const COUNTERS = new Set(['ats', 'atm', 'stc']);
/**
 * Makes a worker plan the next job of a series. Our jobs have none, and those of other libraries are not ours to plan.
 */
const SERIES = 'rjk';
/** Redis' errors about a counter that is not a number, and about a job that is another type. */
const MISCOUNT = /hash value is not an integer|would overflow|WRONGTYPE/;
/** Jobs of one step. */
const PAGE = 1_000;

type Reply = [fields: string[], id: string, ...rest: unknown[]];

export class UnreadableJobs {
  readonly #client: RedisClient;
  readonly #keys: string;
  /** The unreadable fields, by the ids of jobs that were taken and not read yet. */
  readonly #taken = new Map<string, string>();
  readonly #fields = new WeakMap<Job, string>();

  /** @param keys - the common prefix of the queue's keys. */
  constructor(client: RedisClient, keys: string) {
    this.#client = client;
    this.#keys = keys;
  }

  /** The unreadable field of its record, if there is one. */
  fieldOf(job: Job): string | undefined {
    return this.#fields.get(job);
  }

  /**
   * The reply of a script that may have taken a job, without anything that BullMQ can't read.
   *
   * @param again - takes a job anew, if the first attempt failed because of a job that is repaired since.
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
    // BullMQ reads missing data as an empty object, like a job of another library.
    if (!names.includes('data')) bad.push('data');
    const [first] = bad;
    if (first !== undefined) {
      this.#taken.set(id, first);
      // BullMQ's scripts also read some of them when the job ends.
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
   * A script failed on a job, and its error does not name the job. The job is among those that hosts have, and comes
   * back from there when its lease is over; an entry that is not a job does not.
   *
   * @returns the number of jobs found.
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

/** Data is not parsed twice: BullMQ throws if it can't be parsed, and reads an empty text as an empty object. */
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
