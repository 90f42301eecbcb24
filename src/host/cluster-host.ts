/**
 * A host of a cluster: takes calls from a queue in Redis and runs them in a pool of its own.
 *
 *     Redis <- BullMQ's Worker (takes jobs, keeps their leases) -> CallRunner -> local pool -> workers
 *     Redis <- a subscription: who wants what cancelled         -> CallRunner, AbortRelay
 *
 * This thread never runs a task, so it always has time to renew the leases of those that run. A host that
 * is stopped for longer than a lease, or cut off, loses its calls: another runs them, and what this one
 * still says of them is refused by BullMQ, because the lock is not its any more.
 *
 * Its parts are made in `host-parts.ts`; `host-state.ts` has its states.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { checkControl } from '../cluster/call-format.ts';
import { reconnect, watchQueueNode } from '../cluster/queue-node.ts';
import { parsed } from '../cluster/record-text.ts';
import { DisposalStack } from '../util/disposal-stack.ts';
import { reason } from '../util/validate.ts';
import type { HostEnd } from './host-event.ts';
import { type HostOptions, type HostSettings, resolveHostOptions } from './host-options.ts';
import { type HostHooks, type HostParts, makeParts, openBase } from './host-parts.ts';
import { HostMachine, HostState } from './host-state.ts';
import { stopRenewing } from './host-worker.ts';

/** Milliseconds that a call may wait here for a worker while other hosts may have one free. */
const LONGEST_WAIT = 250;
/** Milliseconds between two clocks that are worth mentioning: delays are counted by them. */
const CLOCK_TOLERANCE = 2_000;
/** Milliseconds for what is told at the very end. */
const LAST_WORDS = 500;

/** A running host, as {@link serveCluster} returns it. */
export class ClusterHost implements AsyncDisposable {
  /** The name of the host in errors and logs. */
  readonly name: string;
  /** Resolves when the host has stopped, with the reason. It never rejects. */
  readonly stopped: Promise<HostEnd>;
  readonly #settings: HostSettings;
  readonly #parts: HostParts;
  readonly #disposals: DisposalStack;
  /** When the connection was lost, while it is. */
  #awaySince: number | undefined = undefined;
  readonly #state = new HostMachine();
  /** Whether its end waits for nothing. */
  #isForced = false;
  #resolve: (end: HostEnd) => void = () => {};

  private constructor(
    settings: HostSettings,
    disposals: DisposalStack,
    makeOwnParts: (hooks: HostHooks) => HostParts,
  ) {
    this.name = settings.name;
    this.#settings = settings;
    this.#disposals = disposals;
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#parts = makeOwnParts({
      broken: (why) => void this.#stop('broken', why),
      rest: (ms) => this.#rest(ms),
      isForced: () => this.#isForced,
    });
    const watch = setInterval(() => this.#giveBack(), LONGEST_WAIT / 2);
    disposals.defer(() => clearInterval(watch));
    this.#listen();
  }

  /** @internal Use {@link serveCluster}. */
  static async start(options: HostOptions): Promise<ClusterHost> {
    const settings = resolveHostOptions(options);
    const { names, name, root, workers, kind, onEvent } = settings;
    const disposals = new DisposalStack();
    try {
      const base = await openBase(settings, disposals);
      const host = new ClusterHost(settings, disposals, (hooks) =>
        makeParts(settings, base, disposals, hooks),
      );
      const { server, lease, skew, sign } = host.#parts;
      await sign.give();
      onEvent({
        event: 'started',
        host: name,
        queue: names.queue,
        redis: server.label,
        workers,
        kind,
        lease,
        root,
      });
      if (Math.abs(skew) > CLOCK_TOLERANCE) onEvent({ event: 'clock-differs', milliseconds: skew });
      return host;
    } catch (error) {
      await disposals.dispose();
      throw error;
    }
  }

  /**
   * Stops the host: it takes no more calls, gives back the calls that have not begun, and waits for those that run.
   * Does not block.
   *
   * A second call does not wait: other hosts run the calls again that run here, when their leases are over. If Redis
   * can't be reached, it waits for a lease at most.
   *
   * @returns {@link stopped}.
   */
  close(): Promise<HostEnd> {
    void this.#stop(this.#state.is(HostState.Serving) ? 'drained' : 'forced');
    return this.stopped;
  }

  /**
   * Calls {@link close} at the end of the block of `await using`, if the host serves, and waits until it has stopped.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.is(HostState.Serving)) await this.close();
    else await this.stopped;
  }

  #listen(): void {
    const { worker, commands, control, runner, prefetch, taking } = this.#parts;
    const { names, onEvent } = this.#settings;
    // What goes wrong with one job is told by the runner, and a connection's state by its own events.
    worker.on('error', () => {});
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) runner.leaseLost(id);
    });
    const follow = (): void => {
      if (this.#state.is(HostState.Serving) && worker.concurrency !== prefetch.concurrency)
        worker.concurrency = prefetch.concurrency;
    };
    worker.on('completed', follow).on('failed', follow);
    worker.on('completed', (job) => runner.over(job));
    worker.on('failed', (job) => void (job && runner.over(job)));
    control.on('message', (_channel: string, text: string) => {
      this.#handleControlMessage(text);
    });
    // Nothing is ever sent on it, so it would be the last to find out that the network is gone.
    watchQueueNode(commands, names, {
      lost: (to) => {
        if (!this.#state.is(HostState.Stopped)) reconnect(control, to);
      },
      back: () => {},
    });
    watchQueueNode(taking, names, {
      lost: () => {
        if (this.#awaySince !== undefined || this.#state.is(HostState.Stopped)) return;
        this.#awaySince = performance.now();
        onEvent({ event: 'connection-lost' });
      },
      back: () => {
        if (this.#awaySince !== undefined) onEvent({ event: 'connection-back' });
        this.#awaySince = undefined;
      },
    });
  }

  /** Anybody may publish anything on a channel. */
  #handleControlMessage(text: string): void {
    const { runner } = this.#parts;
    const refused = (error: unknown): void =>
      this.#settings.onEvent({ event: 'message-refused', reason: reason(error) });
    try {
      runner.cancel(checkControl(parsed(text))).catch(refused);
    } catch (error) {
      refused(error);
    }
  }

  /** Leaves what is in the queue to others for a while. */
  #rest(ms: number): void {
    const { worker } = this.#parts;
    if (!this.#state.is(HostState.Serving) || worker.isPaused()) return;
    void worker.pause(true);
    setTimeout(() => {
      if (this.#state.is(HostState.Serving)) void worker.resume();
    }, ms);
  }

  #giveBack(): void {
    const { runner, prefetch, worker } = this.#parts;
    // With no more calls than workers, what waits is waiting for a worker to start.
    if (this.#state.is(HostState.Serving) && runner.inFlight <= this.#settings.workers) return;
    if (this.#state.is(HostState.Serving)) {
      if (!runner.hasWaited(LONGEST_WAIT)) return;
      // In this order: what is given back must not be taken again at once.
      prefetch.slowDown();
      worker.concurrency = prefetch.concurrency;
    }
    runner.giveBack(LONGEST_WAIT);
  }

  /** @param why - it is broken. */
  async #stop(end: HostEnd, why?: string): Promise<void> {
    const { runner, worker } = this.#parts;
    if (end === 'forced') {
      if (!this.#state.stop()) return;
      this.#isForced = true;
    } else {
      if (!this.#state.drain()) return;
      this.#settings.onEvent({ event: 'draining', calls: runner.inFlight });
      const done = worker.close();
      runner.giveBack(0);
      await Promise.race([done.catch(() => {}), this.#whenCutOff()]);
      // What Redis does not take is given up; that a result was not taken can still be told to whoever waits for it.
      this.#parts.persistence.end();
      await Promise.race([done.catch(() => {}), delay(LAST_WORDS, undefined, { ref: false })]);
      // Somebody may have lost patience meanwhile.
      if (!this.#state.stop()) return;
    }
    await this.#finish(end, why);
  }

  /**
   * Resolves when Redis has been away for as long as a lease lasts, or has refused something for so long, and nothing runs:
   * BullMQ would wait for it, but what it has not been told by now is run again by another host in any case.
   */
  async #whenCutOff(): Promise<void> {
    const { runner, persistence, lease } = this.#parts;
    const awayFor = (): number =>
      this.#awaySince === undefined ? 0 : performance.now() - this.#awaySince;
    const isCutOff = (): boolean =>
      runner.inFlight === 0 && Math.max(awayFor(), persistence.refusedFor) > lease;
    while (!this.#state.is(HostState.Stopped) && !isCutOff())
      await delay(LONGEST_WAIT, undefined, { ref: false });
  }

  async #finish(end: HostEnd, why: string | undefined): Promise<void> {
    const { taking, persistence, worker } = this.#parts;
    persistence.end();
    if (this.#isForced) {
      // BullMQ would write down as failed what its workers' end has taken along.
      taking.disconnect();
      void worker.close(true).catch(() => {});
    }
    await this.#disposals.dispose();
    stopRenewing(worker);
    this.#settings.onEvent({
      event: 'stopped',
      reason: end,
      ...(why === undefined ? {} : { error: why }),
    });
    this.#resolve(end);
  }
}

/**
 * Starts a host: it takes calls from a queue, as `ClusterExecutor`s submit them, and runs them in workers of its own.
 *
 * `npx concurrent-futures host` does the same from the command line. The host keeps the process alive until it is
 * closed.
 *
 * @returns a promise that resolves when the host is ready.
 * @throws `TypeError` or `RangeError` if an option is wrong; `MissingPeerError` if `bullmq` or `ioredis` is not
 *   installed; `BrokenCluster` if Redis can't be used within 10 seconds; `ExecutorError` (`ERR_HOST_NAME`) if another
 *   host of the queue has the name. All of them reject the promise.
 * @example
 * ```ts check
 * import { serveCluster } from 'concurrent-futures/cluster';
 *
 * const host = await serveCluster({ queue: 'images', allow: ['src/jobs/*.js'] });
 * process.once('SIGTERM', () => void host.close());
 * console.log(await host.stopped); // drained
 * ```
 */
export function serveCluster(options: HostOptions = {}): Promise<ClusterHost> {
  return ClusterHost.start(options);
}
