/**
 * `concurrent-futures/cluster`: an executor over many machines, and the hosts that run its calls. Calls are stored in
 * Redis or Valkey by BullMQ, an optional peer: `npm install bullmq ioredis`.
 *
 * @module
 */
// Values first, then types, each name from one place.
export { BrokenCluster, CodeMismatchError, MissingPeerError } from './errors.ts';
export { ClusterExecutor } from './cluster/cluster-executor.ts';
export { ClusterFuture } from './cluster/cluster-future.ts';
export { ClusterHost, serveCluster } from './host/cluster-host.ts';

export type { Backoff, ClusterCallOptions, ClusterOptions } from './cluster/cluster-options.ts';
export type { ClusterConnection } from './cluster/connection.ts';
export type { HostInfo } from './cluster/host-record.ts';
export type { HostEnd, HostEvent } from './host/host-event.ts';
export type { HostOptions } from './host/host-options.ts';
