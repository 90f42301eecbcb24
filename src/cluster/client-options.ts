/**
 * What our clients of Redis are told whatever a program says: they come back for ever, and a command waits for as long as
 * Redis is away, or has no master, and is sent again then. What a queue reads is what it has written, so it asks no replica.
 */
import type { ClusterOptions, RedisOptions } from 'ioredis';

/**
 * After this long without an answer to a command the connection is given up and made anew. Milliseconds; more
 * than the 10 s for which BullMQ waits for a job in one command.
 */
const SILENCE = 12_000;
const LONGEST_RETRY = 2_000;
/** Milliseconds until a command is sent again that a node of a Redis Cluster has not taken. */
const BEFORE_AGAIN = 100;

const retry = (times: number): number => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RETRY);

/** @param patient - whether it waits for what may not come for hours. */
export function redisOptions(patient: boolean) {
  return {
    lazyConnect: false,
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
    autoResendUnfulfilledCommands: true,
    ...(patient ? {} : { socketTimeout: SILENCE }),
    retryStrategy: retry,
    sentinelRetryStrategy: retry,
    role: 'master',
  } satisfies RedisOptions;
}

/** @param node - what a program says of the connections to nodes. */
export function clusterOptions<N extends object>(patient: boolean, node: N) {
  return {
    lazyConnect: false,
    enableOfflineQueue: true,
    // It would have a client that finds slots without a master begin anew, again and again, and say nothing of it.
    enableReadyCheck: false,
    scaleReads: 'master',
    clusterRetryStrategy: retry,
    // A node that is lost is to be asked for among the others: it may not come back.
    clusterNodeRetryStrategy: null,
    maxRedirections: Infinity,
    retryDelayOnMoved: BEFORE_AGAIN / 2,
    retryDelayOnFailover: BEFORE_AGAIN,
    retryDelayOnClusterDown: BEFORE_AGAIN,
    retryDelayOnTryAgain: BEFORE_AGAIN,
    redisOptions: {
      ...node,
      lazyConnect: true,
      maxRetriesPerRequest: null,
      ...(patient ? {} : { socketTimeout: SILENCE }),
    },
  } satisfies ClusterOptions;
}
