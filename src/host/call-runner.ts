/**
 * The jobs that a host holds, each from the queue to a worker and back.
 *
 *     job -> is it ours? may it run here? -> local pool -> call-entry.ts -> value or failure -> BullMQ
 *                                               |-> the worker died: again, or failed, as the call has it
 *                                               |-> has not begun: cancelled, or given back to the queue
 *
 * Whatever leads here is decided by a call's local future, whose `cancel()` is exact: what it withdraws has not
 * begun, and will not.
 */
import type { Job } from 'bullmq';
import { packError } from '../codec/error-envelope.ts';
import { type CallData, FORMAT, type OutcomeData, type WireValue } from '../cluster/call-format.ts';
import { RUNS } from '../cluster/cluster-canceller.ts';
import type { Peers } from '../cluster/connection.ts';
import { failureText } from '../cluster/failure-text.ts';
import {
  BrokenCluster,
  BrokenExecutor,
  CancelledError,
  type ExecutorError,
  PicklingError,
  ShutdownError,
} from '../errors.ts';
import type { Future } from '../future/future.ts';
import type { HostContext, LocalOutcome } from './call-entry.ts';
import type { HostEvent } from './host-event.ts';
import type { HostSettings } from './host-options.ts';
import type { AbortRelay } from './abort-relay.ts';
import type { Tempo } from './tempo.ts';

/** The local pool, as far as calls need it. */
export interface LocalPool {
  runCall(id: string, data: CallData, context: HostContext): Future<LocalOutcome>;
}

/** A call that takes this many hosts and workers along is not tried again: it may be what kills them. */
const MOST_DEATHS = 3;
/** Milliseconds until a job that is not ours is looked at again. */
const FOREIGN_PAUSE = 60_000;

const WITHDRAWN = Symbol('withdrawn by its submitter');
const GIVEN_BACK = Symbol('given back to the queue');

interface HeldCall {
  readonly job: Job;
  readonly since: number;
  readonly future: Future<LocalOutcome>;
}

export class CallRunner {
  readonly #peers: Peers;
  readonly #settings: HostSettings;
  readonly #local: LocalPool;
  readonly #relay: AbortRelay;
  readonly #tempo: Tempo;
  readonly #context: HostContext;
  readonly #tell: (event: HostEvent) => void;
  /** The local pool is broken: nothing can be run here any more. */
  readonly #broken: () => void;
  readonly #held = new Map<string, HeldCall>();

  constructor(
    peers: Peers,
    settings: HostSettings,
    parts: {
      readonly local: LocalPool;
      readonly relay: AbortRelay;
      readonly tempo: Tempo;
      readonly context: HostContext;
      readonly broken: () => void;
    },
  ) {
    this.#peers = peers;
    this.#settings = settings;
    this.#local = parts.local;
    this.#relay = parts.relay;
    this.#tempo = parts.tempo;
    this.#context = parts.context;
    this.#tell = settings.onEvent;
    this.#broken = parts.broken;
  }

  get held(): number {
    return this.#held.size;
  }

  /** What BullMQ calls for a job. What it throws decides about the job. */
  async process(job: Job, token: string): Promise<OutcomeData> {
    const data = job.data as Partial<CallData> | null;
    if (typeof data?.cf !== 'number') return this.#leaveAlone(job, token);
    const call = data as CallData;
    const objection = this.#objection(call, job);
    if (objection !== undefined) throw this.#failure(objection, call, job);
    const outcome = await this.#run(job, call, token);
    if ('failure' in outcome) {
      const { failure, refusal } = outcome;
      if (refusal !== undefined) this.#tellRefusal(job, refusal);
      throw bare(new Error(failure));
    }
    return { cf: FORMAT, value: outcome.value, ...(call.chunk ? { chunk: true } : {}) };
  }

  /** Somebody wants the call cancelled. */
  async cancel(id: string, reason: WireValue): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined || held.future.done() || held.future.cancel(WITHDRAWN)) return;
    this.#relay.abort({ id, reason });
    // It may have ended meanwhile, and then nobody asks.
    await held.job.updateProgress(RUNS).catch(() => {});
  }

  /** Another host may have the call by now, and this one's outcome will not count. */
  leaseLost(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#tell({
      event: 'lease-lost',
      call: id,
      task: held.job.name,
      reason: 'The lease could not be renewed in time.',
    });
    if (!held.future.cancel(GIVEN_BACK))
      this.#relay.abort({ id, reason: { json: 'The host has lost the lease of this call.' } });
  }

  /** Whether a call has waited here for a worker for `age` milliseconds. */
  hasWaited(age: number): boolean {
    const before = performance.now() - age;
    for (const { since, future } of this.#held.values())
      if (since <= before && future.state === 'pending') return true;
    return false;
  }

  /** Gives back what has waited here for a worker for `age` milliseconds. @returns how many. */
  giveBack(age: number): number {
    const before = performance.now() - age;
    let count = 0;
    // Each goes back to the very front, so the last one first: they keep their order.
    for (const { since, future } of [...this.#held.values()].toReversed()) {
      if (since <= before && !future.done() && future.cancel(GIVEN_BACK)) count++;
    }
    if (count > 0) this.#tell({ event: 'calls-returned', count });
    return count;
  }

  async #run(job: Job, data: CallData, token: string): Promise<LocalOutcome> {
    const id = job.id ?? '';
    for (let deaths = job.stalledCounter; ; deaths++) {
      const future = this.#local.runCall(id, data, this.#context);
      const held = { job, since: performance.now(), future };
      this.#held.set(id, held);
      try {
        const outcome = await future;
        this.#tempo.ran(outcome.ms);
        return outcome;
      } catch (error) {
        if (error instanceof CancelledError) return await this.#withdrawn(error, job, token);
        await this.#mind(error, data, job, deaths + 1, token);
      } finally {
        // If the lease was lost, the same call may have come back to this very host.
        if (this.#held.get(id) === held) this.#held.delete(id);
        this.#relay.forget(id);
      }
    }
  }

  async #withdrawn({ cause }: CancelledError, job: Job, token: string): Promise<never> {
    const { UnrecoverableError } = this.#peers.bullmq;
    if (cause === WITHDRAWN)
      throw bare(new UnrecoverableError(failureText('Cancelled.', { kind: 'cancelled' })));
    return this.#returnToQueue(job, token);
  }

  async #returnToQueue(job: Job, token: string): Promise<never> {
    const { WaitingError } = this.#peers.bullmq;
    await job.moveToWait(token);
    throw new WaitingError();
  }

  /** The local pool has failed the call. Returns if it is to be run again here. */
  async #mind(
    error: unknown,
    data: CallData,
    job: Job,
    deaths: number,
    token: string,
  ): Promise<void> {
    if (!(error instanceof BrokenExecutor)) {
      if (error instanceof PicklingError) throw this.#failure(error, data, job);
      // While it runs, nobody but a task shuts its pool down.
      if (error instanceof ShutdownError) this.#broken();
      return this.#returnToQueue(job, token);
    }
    if (error.code !== 'ERR_WORKER_DIED') {
      this.#broken();
      return this.#returnToQueue(job, token);
    }
    this.#tell({
      event: 'worker-died',
      call: job.id ?? '',
      task: data.name,
      reason: error.message,
    });
    if (data.onWorkerDeath === 'retry' && deaths < MOST_DEATHS) return;
    const { worker, task, pid, exitCode, signal, stderr } = error;
    const death = Object.fromEntries(
      Object.entries({ worker, task, pid, exitCode, signal, stderr }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const again = deaths > 1 ? ` It was tried ${deaths} times.` : '';
    throw this.#failure(
      new BrokenCluster(`${error.message}${again}`, { code: 'ERR_WORKER_DIED', death }),
      data,
      job,
    );
  }

  #objection(data: CallData, job: Job): ExecutorError | undefined {
    const { name } = this.#settings;
    if (data.cf !== FORMAT) {
      return new BrokenCluster(
        `Host ${name} speaks format ${FORMAT}, and the call is in format ${data.cf}. Run the same release of concurrent-futures on hosts and submitters.`,
        { code: 'ERR_FORMAT' },
      );
    }
    const deaths = job.stalledCounter;
    if (deaths > 0 && (data.onWorkerDeath === 'fail' || deaths >= MOST_DEATHS)) {
      const again = deaths > 1 ? ` ${deaths} times` : '';
      return new BrokenCluster(
        `The host that had ${data.name} in its hands died, or lost its connection,${again} before the call was over.`,
        { code: 'ERR_WORKER_DIED', death: { task: data.name } },
      );
    }
    return undefined;
  }

  /** What this host, and not the task, says of a call. Trying it again changes nothing. */
  #failure(error: ExecutorError, { name: task }: CallData, job: Job): Error {
    if (error.code !== 'ERR_WORKER_DIED') this.#tellRefusal(job, error.message);
    const { UnrecoverableError } = this.#peers.bullmq;
    const envelope = packError(error, this.#settings.name, task);
    const text = failureText(error.message, { kind: 'error', error: envelope });
    return bare(new UnrecoverableError(text));
  }

  #tellRefusal(job: Job, reason: string): void {
    this.#tell({ event: 'call-refused', call: job.id ?? '', task: job.name, reason });
  }

  /** Somebody else's, put here by mistake: it stays in the queue as it is. */
  async #leaveAlone(job: Job, token: string): Promise<never> {
    this.#tell({
      event: 'foreign-job',
      call: job.id ?? '',
      task: job.name,
      reason: 'It was not submitted by this library.',
    });
    await job.moveToDelayed(Date.now() + FOREIGN_PAUSE, token);
    throw new this.#peers.bullmq.DelayedError();
  }
}

/** BullMQ keeps stacks, and this one says nothing. */
function bare<E extends Error>(error: E): E {
  error.stack = '';
  return error;
}
