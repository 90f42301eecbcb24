/** Makes the BullMQ job for a call. */
import type { CallData, RemoteCall } from './call-format.ts';
import type { BulkJob } from './redis-connection.ts';
import type { ClusterCallOptions, ClusterSettings } from './cluster-options.ts';
import type { Signer } from './signature.ts';

/**
 * The field of a job's hash in which BullMQ counts how often the job was taken from a dead host. Hosts also count
 * the deaths of workers there, so that the next host knows about them.
 */
export const DEATHS_FIELD = 'stc';

/** Milliseconds after which a signed call that has not begun may no longer be run. */
export const LONGEST_WAIT = 7 * 24 * 3_600_000;

/** Options with default values are left out: Redis stores the options with each job. */
export function jobFor(
  { name, ...data }: RemoteCall,
  jobId: string,
  { priority, delay, attempts }: ClusterCallOptions,
  { attempts: usual, backoff, resultTtl, signer }: ClusterSettings,
): BulkJob {
  const tries = attempts ?? usual;
  // BullMQ uses seconds here.
  const keep = { age: Math.ceil(resultTtl / 1000) };
  return {
    name,
    data: signer.isOn ? signed(signer, jobId, name, data, delay, tries) : data,
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

/**
 * The signature covers the number of attempts and the time limit, too: anybody who can write to Redis may store a
 * call again.
 */
function signed(
  signer: Signer,
  id: string,
  name: string,
  data: CallData,
  delay: number = 0,
  tries: number,
): CallData {
  const until = Math.ceil(Date.now() + delay) + LONGEST_WAIT;
  return signer.signed('call', [id, name], {
    ...data,
    until,
    ...(tries === 1 ? {} : { attempts: tries }),
  });
}
