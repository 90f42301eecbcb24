/**
 * Removes jobs from a queue, many in one command, and with certainty: jobs that a host has, or that are over, stay.
 *
 * BullMQ removes one job at a time in any state: a job that has ended meanwhile would be lost with its outcome, and
 * even a check before could come too late. Here, check and removal are one step. A removal is reported in the same
 * event as BullMQ's own, for all programs that wait for the same job.
 *
 * The first write of the script needs no memory, so a full server does not refuse it.
 */
import type { RedisClient } from './connection.ts';
import { DEATHS_FIELD } from './job.ts';
import { dropParcels } from './parcel.ts';
import type { QueueNames } from './queue-names.ts';
import { type JobRecord, jobRecord, RECORD_FIELDS } from './reconciler.ts';
import { argumentsOf } from './stored-call.ts';

/** Jobs in one command, during which the server serves no other client. */
export const MOST_AT_ONCE = 500;

/** The result for a job that was to be removed. */
export type Removal =
  | { readonly is: 'removed'; readonly before: string; readonly died: boolean }
  /** The job is over, or does not exist. */
  | { readonly is: 'found'; readonly record: JobRecord }
  /** A host has the job. */
  | { readonly is: 'active' };

const FIELDS = ['data', DEATHS_FIELD, ...RECORD_FIELDS];

/** The queue's lists in the order of their likelihood to contain the job. */
const REMOVE = `
local queue = KEYS[1]
local function state(id)
  if redis.call('LREM', queue .. 'wait', 1, id) == 1 then return 'wait' end
  for _, set in ipairs({'delayed', 'prioritized', 'waiting-children'}) do
    if redis.call('ZREM', queue .. set, id) == 1 then return set end
  end
  for _, list in ipairs({'paused', 'active'}) do
    if redis.call('LREM', queue .. list, 1, id) == 1 then return list end
  end
  return 'unknown'
end
local kept = redis.call('HGET', queue .. 'meta', 'opts.maxLenEvents') or '10000'
local replies = {}
for i, id in ipairs(ARGV) do
  local job = queue .. id
  local record = redis.pcall('HMGET', job, ${FIELDS.map((name) => `'${name}'`).join(', ')})
  if record.err then
    -- Something else has its name.
    replies[i] = {'found'}
  elseif not record[3] or record[4] then
    replies[i] = {'found', unpack(record, 3)}
  elseif redis.call('EXISTS', job .. ':lock') == 1 then
    replies[i] = {'active'}
  else
    local data, died = record[1] or '', record[2] or '0'
    local before = state(id)
    redis.call('DEL', job, job .. ':logs')
    redis.call('XADD', queue .. 'events', 'MAXLEN', '~', kept, '*', 'event', 'removed', 'jobId', id, 'prev', before, '${DEATHS_FIELD}', died)
    replies[i] = {'removed', before, died, string.find(data, '"parcel"', 1, true) and data or ''}
  end
end
return replies
`;

type Reply = readonly [is: string, ...rest: (string | null)[]];

/** Also deletes arguments that are in keys of their own. @returns the results, in the order of the ids. */
export async function removeJobs(
  client: RedisClient,
  names: QueueNames,
  ids: readonly string[],
): Promise<Removal[]> {
  const queue = `${names.prefix}:${names.queue}:`;
  const replies = (await client.eval(REMOVE, 1, queue, ...ids)) as Reply[];
  const parcels = replies.map(([is, , , data]) =>
    is === 'removed' ? argumentsOf(data) : undefined,
  );
  void dropParcels(client, names, ids, parcels);
  return replies.map(read);
}

function read([is, ...rest]: Reply): Removal {
  if (is === 'found') return { is, record: jobRecord(rest) };
  if (is !== 'removed') return { is: 'active' };
  const [before, deaths] = rest;
  return { is, before: before ?? '', died: Number(deaths) > 0 };
}
