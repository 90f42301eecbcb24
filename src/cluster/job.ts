/** A call as a job of BullMQ. */
import type { RemoteCall } from './call-format.ts';
import type { BulkJob } from './cluster-link.ts';
import type { ClusterCallOptions, ClusterSettings } from './cluster-options.ts';

/**
 * The field of a job's hash in which BullMQ counts how often the job was taken from a host that had died. Hosts count the
 * deaths of workers there, too, so that the next host knows of them.
 */
export const DEATHS_FIELD = 'stc';

/** What is not asked for is left out: Redis keeps the options with each job. */
export function jobFor(
  { name, ...data }: RemoteCall,
  jobId: string,
  { priority, delay, attempts }: ClusterCallOptions,
  { attempts: usual, backoff, resultTtl }: ClusterSettings,
): BulkJob {
  const tries = attempts ?? usual;
  // BullMQ counts in seconds.
  const keep = { age: Math.ceil(resultTtl / 1000) };
  return {
    name,
    data,
    opts: {
      jobId,
      removeOnComplete: keep,
      removeOnFail: keep,
      ...(tries === 1 ? {} : { attempts: tries }),
      ...(backoff === undefined ? {} : { backoff }),
      ...(priority === undefined ? {} : { priority }),
      ...(delay === undefined ? {} : { delay }),
    },
  };
}
