/**
 * BullMQ's Worker, hardened for a Redis in trouble and for damaged records.
 *
 *     a job is taken        refused: pauses, then takes again. BullMQ would try again at once, for ever
 *     a lease is renewed    by a command that takes no memory: a full server does not refuse it
 *     a job is given up     (completed, failed, delayed, given back) refused: again, until Redis takes it
 *     a job is read         fields that BullMQ can't process are taken out, see unreadable-jobs.ts
 */
import type { Job, JobJson, Worker, WorkerOptions } from 'bullmq';
import type { Peers, RedisClient } from '../cluster/connection.ts';
import type { QueueNames } from '../cluster/queue-names.ts';
import type { Persistence } from './persistence.ts';
import { UnreadableJobs } from './unreadable-jobs.ts';

/** @param unreadable - the unreadable field of the job's record, if there is one. */
export type Process = (job: Job, token: string, unreadable: string | undefined) => Promise<unknown>;

/** Scripts of BullMQ that give up a job. */
const GIVING_UP = new Set([
  'moveToFinished',
  'moveToDelayed',
  'moveJobFromActiveToWait',
  'retryJob',
]);
const TAKING = 'moveToActive';

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

/** BullMQ's types omit that there may be no job. */
const NOTHING = undefined as unknown as Job;

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
    // Called by BullMQ's constructor.
    protected override createBackend(): void {
      super.createBackend();
      const { backend } = this;
      const execute = backend.execCommand.bind(backend);
      backend.execCommand = (on, name, args): unknown => {
        const run = (): Promise<unknown> => execute(on, name, args) as Promise<unknown>;
        if (name === TAKING) return unreadable.mend(run(), run);
        if (!GIVING_UP.has(name)) return execute(on, name, args);
        return unreadable.mend(persistence.persist(run));
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

/** BullMQ's own end may still wait for the server, and would renew leases meanwhile. */
export function stopRenewing(worker: Worker): void {
  const leases = Reflect.get(worker, 'lockManager') as { close(): Promise<void> } | undefined;
  void leases?.close();
}
