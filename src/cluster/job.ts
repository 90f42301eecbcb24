/** A call as a job of BullMQ. */
import type { CallData, RemoteCall } from './call-format.ts';
import type { BulkJob } from './redis-connection.ts';
import type { ClusterCallOptions, ClusterSettings } from './cluster-options.ts';
import type { Signer } from './signature.ts';

/**
 * The field of a job's hash in which BullMQ counts how often the job was taken from a host that had died. Hosts count the
 * deaths of workers there, too, so that the next host knows of them.
 */
export const DEATHS_FIELD = 'stc';

/** Milliseconds after which a call that has not begun is too old to be run, where calls are signed. */
export const LONGEST_WAIT = 7 * 24 * 3_600_000;

/** What is not asked for is left out: Redis keeps the options with each job. */
export function jobFor(
  { name, ...data }: RemoteCall,
  jobId: string,
  { priority, delay, attempts }: ClusterCallOptions,
  { attempts: usual, backoff, resultTtl, signer }: ClusterSettings,
): BulkJob {
  const tries = attempts ?? usual;
  // BullMQ counts in seconds.
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

/** Also of how often it may be run, and until when: whoever can write to Redis may put a call there again. */
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
