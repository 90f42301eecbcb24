/**
 * BullMQ's Worker, as a host needs it where Redis is in trouble, or somebody has written nonsense into it.
 *
 *     a job is taken        refused: nothing is taken for a while, and then again. BullMQ would ask again at once, for ever.
 *     a lease is renewed    by a command that takes no memory: a server that is full does not refuse it
 *     a job is given up     (completed, failed, delayed, given back) refused: again, until Redis takes it
 *     a job is read         what is no JSON in it is put aside, and told to whoever processes the job. BullMQ would throw, and
 *                           leave the job with a host that knows nothing of it.
 */
import type { Job, JobJson, Worker, WorkerOptions } from 'bullmq';
import type { Peers, RedisClient } from '../cluster/connection.ts';
import type { QueueNames } from '../cluster/queue-names.ts';
import type { Persistence } from './persistence.ts';

/** @param unreadable - the field of the job's record that can't be read, if there is one. */
export type Process = (job: Job, token: string, unreadable: string | undefined) => Promise<unknown>;

/** Scripts of BullMQ that give up a job. */
const GIVING_UP = new Set([
  'moveToFinished',
  'moveToDelayed',
  'moveJobFromActiveToWait',
  'retryJob',
]);
const TAKING = 'moveToActive';

/** In place of options that can't be read: whatever becomes of the job, its record stays for an hour. */
const NO_OPTIONS = '{"removeOnComplete":{"age":3600},"removeOnFail":{"age":3600}}';
/** What BullMQ needs in place of these fields; the others may as well be gone. */
const MENDED = new Map([
  ['opts', NO_OPTIONS],
  ['data', 'null'],
]);
const READ = new Set(['opts', 'progress', 'returnvalue', 'stacktrace', 'parent']);

/** As BullMQ's own script, without setting the lock anew. @returns the jobs that are not this host's any more. */
const EXTEND = `
local lost = {}
local count = (#ARGV - 1) / 2
for i = 1, count do
  local id, token = ARGV[i + 1], ARGV[i + 1 + count]
  local lock = KEYS[1] .. id .. ':lock'
  if redis.call('GET', lock) == token then
    redis.call('PEXPIRE', lock, ARGV[1])
    redis.call('SREM', KEYS[1] .. 'stalled', id)
  else
    table.insert(lost, id)
  end
end
return lost
`;

/** BullMQ's types leave out that there may be none. */
const NOTHING = undefined as unknown as Job;

type Reply = [fields: string[], id: string, ...rest: unknown[]];

export function makeWorker(
  { bullmq }: Peers,
  { queue, prefix }: QueueNames,
  client: RedisClient,
  persistence: Persistence,
  process: Process,
  options: Omit<WorkerOptions, 'connection' | 'prefix'>,
): Worker {
  const keys = `${prefix}:${queue}:`;
  const unreadable = new UnreadableJobs(client, keys);

  class HostWorker extends bullmq.Worker {
    // BullMQ calls it in its constructor.
    protected override createBackend(): void {
      super.createBackend();
      const { backend } = this;
      const execute = backend.execCommand.bind(backend);
      backend.execCommand = (on, name, args): unknown => {
        if (name === TAKING) return unreadable.mend(execute(on, name, args));
        if (!GIVING_UP.has(name)) return execute(on, name, args);
        return unreadable.mend(
          persistence.persist(() => execute(on, name, args) as Promise<unknown>),
        );
      };
    }

    protected override async moveToActive(token: string, name?: string): Promise<Job> {
      try {
        const job = await super.moveToActive(token, name);
        persistence.taken();
        return job;
      } catch (error) {
        if (!(await persistence.pause(error))) throw error;
        return NOTHING;
      }
    }

    override async extendJobLocks(
      ids: string[],
      tokens: string[],
      duration: number,
    ): Promise<string[]> {
      return (await client.eval(EXTEND, 1, keys, duration, ...ids, ...tokens)) as string[];
    }

    protected override createJob(json: JobJson, id: string): Job {
      return unreadable.read(id, json, (readable) => super.createJob(readable, id));
    }
  }

  return new HostWorker(queue, (job, token) => process(job, token ?? '', unreadable.fieldOf(job)), {
    ...options,
    connection: client,
    prefix,
  });
}

/** Jobs in whose records somebody has written what is no JSON. */
class UnreadableJobs {
  readonly #client: RedisClient;
  readonly #keys: string;
  /** By the ids of jobs that have been taken, and not read yet. */
  readonly #taken = new Map<string, string>();
  readonly #fields = new WeakMap<Job, string>();

  constructor(client: RedisClient, keys: string) {
    this.#client = client;
    this.#keys = keys;
  }

  fieldOf(job: Job): string | undefined {
    return this.#fields.get(job);
  }

  /** The reply of a script that may have taken a job, with nothing in it that BullMQ can't read. */
  async mend(reply: unknown): Promise<unknown> {
    const given = await reply;
    if (!isTaken(given)) return given;
    const [fields, id, ...rest] = given;
    const bad = fields.filter((name, i) => i % 2 === 0 && !isReadable(name, fields[i + 1]));
    // BullMQ takes that for an empty object.
    if (!fields.includes('data')) bad.push('data');
    const [first] = bad;
    if (first === undefined) return given;
    this.#taken.set(id, first);
    // BullMQ's scripts read some of them, too, when the job ends.
    const useless = bad.filter((name) => !MENDED.has(name));
    if (useless.length > 0) await this.#client.hdel(`${this.#keys}${id}`, ...useless);
    const mended = fields.flatMap((name, i) => {
      if (i % 2 === 1) return [];
      const value = bad.includes(name) ? MENDED.get(name) : fields[i + 1];
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
}

function isTaken(reply: unknown): reply is Reply {
  return Array.isArray(reply) && Array.isArray(reply[0]);
}

/** Data is not read twice: BullMQ throws where it can't be, and takes no text for an empty object. */
function isReadable(name: string, text: string | undefined): boolean {
  if (name === 'data') return text !== '';
  if (!READ.has(name)) return true;
  try {
    const value = JSON.parse(text ?? '') as unknown;
    return name !== 'opts' || (typeof value === 'object' && value !== null);
  } catch {
    return false;
  }
}
