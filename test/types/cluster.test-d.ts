/** Types of the cluster's entry. Checked by compiling this file. */
import { expectTypeOf } from 'expect-type';
import {
  BrokenExecutor,
  type CallOptions,
  currentSignal,
  type Executor,
  type ExecutorStats,
  type Future,
  type MapResults,
  type ModuleCalls,
  PicklingError,
} from 'concurrent-futures';
import {
  type BrokenCluster,
  type ClusterCallOptions,
  type ClusterConnection,
  ClusterExecutor,
  type ClusterFuture,
  type ClusterHost,
  type ClusterOptions,
  type CodeMismatchError,
  type HostEnd,
  type HostEvent,
  type HostOptions,
  type MissingPeerError,
  serveCluster,
} from 'concurrent-futures/cluster';
import type { Cluster, Redis } from 'ioredis';

declare const cluster: ClusterExecutor;
declare const redis: Redis;
declare const nodes: Cluster;
declare function add(a: number, b: number): number;
declare function load(path: string, retries?: number): Promise<Uint8Array>;
declare function identity<T>(value: T): T;

// An executor like any other.
expectTypeOf(cluster).toExtend<Executor>();
expectTypeOf(cluster).toExtend<AsyncDisposable>();
expectTypeOf(cluster.stats()).toEqualTypeOf<ExecutorStats>();
expectTypeOf(cluster.map(add, [1], [2])).toEqualTypeOf<MapResults<number>>();

// submit: a future that knows more, of what awaiting the function's result gives.
expectTypeOf(cluster.submit(add, 1, 2)).toEqualTypeOf<ClusterFuture<number>>();
expectTypeOf(cluster.submit(load, 'a.txt')).toEqualTypeOf<ClusterFuture<Uint8Array>>();
expectTypeOf(cluster.submit(identity<string>, 'x')).toEqualTypeOf<ClusterFuture<string>>();
expectTypeOf(cluster.submit((x: number) => [x], 1)).toEqualTypeOf<ClusterFuture<number[]>>();
expectTypeOf(cluster.submit(add, 1, 2)).toExtend<Future<number>>();
expectTypeOf<Awaited<ClusterFuture<number>>>().toEqualTypeOf<number>();
// @ts-expect-error -- an argument is missing
void cluster.submit(add, 1);
// @ts-expect-error -- of the wrong type
void cluster.submit(add, 1, '2');
// @ts-expect-error -- not a function
void cluster.submit(42);

// The future.
declare const future: ClusterFuture<number>;
expectTypeOf(future.id).toEqualTypeOf<string>();
expectTypeOf(future.cancel('why')).toEqualTypeOf<boolean>();
expectTypeOf(future.cancelConfirmed('why')).toEqualTypeOf<Promise<boolean>>();
// @ts-expect-error -- the id is the call's
future.id = 'other';

// with: the same executor, with options that only a cluster has.
expectTypeOf(
  cluster.with({ priority: 1, delay: 5, attempts: 2, jobId: 'a' }),
).toEqualTypeOf<ClusterExecutor>();
expectTypeOf(cluster.with({ timeout: 5 }).submit(add, 1, 2)).toEqualTypeOf<ClusterFuture<number>>();
expectTypeOf<Parameters<ClusterExecutor['with']>>().toEqualTypeOf<[options: ClusterCallOptions]>();
expectTypeOf<ClusterCallOptions>().toExtend<CallOptions>();
// @ts-expect-error -- no such option
void cluster.with({ retries: 2 });
// @ts-expect-error -- of the wrong type
void cluster.with({ priority: 'high' });

// attach: nobody knows what another program's call returns but whoever asks.
expectTypeOf(cluster.attach('id')).toEqualTypeOf<ClusterFuture<unknown>>();
expectTypeOf(cluster.attach<string>('id')).toEqualTypeOf<ClusterFuture<string>>();
// @ts-expect-error -- an id
void cluster.attach(5);

// module: as on every executor.
interface Images {
  measure(path: string): Promise<{ width: number }>;
}
expectTypeOf(cluster.module<Images>('file:///images.js')).toEqualTypeOf<ModuleCalls<Images>>();

// Its options.
expectTypeOf<NonNullable<ClusterOptions['connection']>>().toEqualTypeOf<ClusterConnection>();
void new ClusterExecutor();
void new ClusterExecutor({ connection: 'redis://a', queue: 'q', lease: 5_000, backoff: 100 });
void new ClusterExecutor({ connection: new URL('rediss://a'), onWorkerDeath: 'fail' });
void new ClusterExecutor({ connection: redis, backoff: { type: 'exponential', delay: 100 } });
void new ClusterExecutor({ connection: nodes });
void new ClusterExecutor({ connection: { host: 'a', tls: { ca: 'pem' } }, functions: 'reference' });
void new ClusterExecutor({ connection: { sentinels: [{ host: 'a', port: 26_379 }], name: 'm' } });
// @ts-expect-error -- no such policy
void new ClusterExecutor({ onWorkerDeath: 'replace' });
// @ts-expect-error -- hosts have workers
void new ClusterExecutor({ maxWorkers: 4 });

// Hosts.
expectTypeOf(serveCluster).parameters.toEqualTypeOf<[options?: HostOptions | undefined]>();
expectTypeOf(serveCluster()).toEqualTypeOf<Promise<ClusterHost>>();
declare const host: ClusterHost;
expectTypeOf(host).toExtend<AsyncDisposable>();
expectTypeOf(host.name).toEqualTypeOf<string>();
expectTypeOf(host.stopped).toEqualTypeOf<Promise<HostEnd>>();
expectTypeOf(host.close()).toEqualTypeOf<Promise<HostEnd>>();
expectTypeOf<HostEnd>().toEqualTypeOf<'drained' | 'forced' | 'broken'>();
void serveCluster({
  allow: ['src/jobs/**'],
  onEvent: (event) => {
    expectTypeOf(event).toEqualTypeOf<HostEvent>();
    if (event.event === 'started') expectTypeOf(event.lease).toEqualTypeOf<number>();
    // @ts-expect-error -- not of every event
    void event.lease;
  },
});
// @ts-expect-error -- hosts are made by serveCluster
void new ClusterHost();

// Errors, and the signal.
expectTypeOf<BrokenCluster>().toExtend<BrokenExecutor>();
expectTypeOf<CodeMismatchError>().toExtend<PicklingError>();
expectTypeOf<MissingPeerError['code']>().toExtend<string>();
expectTypeOf(currentSignal()).toEqualTypeOf<AbortSignal | undefined>();
