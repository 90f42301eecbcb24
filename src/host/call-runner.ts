/**
 * The jobs that a host has taken, each from the queue to a worker and back.
 *
 *     job -> is it ours? may it run here? -> local pool -> call-entry.ts -> value or failure -> BullMQ
 *                                               |-> the worker died: again, or failed, as the call has it
 *                                               |-> has not begun: cancelled, or given back to the queue
 *
 * All paths end in a decision of the call's local future. Its `cancel()` is exact: a withdrawn call has not begun, and
 * will not.
 */
import type { Job } from 'bullmq';
import {
  type CallData,
  type ControlMessage,
  type FailureData,
  FORMAT,
  type OutcomeData,
  type Parcel,
  type RemoteCall,
  type WireValue,
} from '../cluster/call-format.ts';
import type { Peers } from '../cluster/connection.ts';
import { failureText } from '../cluster/failure-text.ts';
import type { Purpose, Signed } from '../cluster/signature.ts';
import { writeThrown } from '../cluster/thrown.ts';
import { inline } from '../cluster/wire-value.ts';
import { BrokenCluster, BrokenExecutor, CancelledError, ShutdownError } from '../errors.ts';
import type { Future } from '../future/future.ts';
import { withCallSite } from '../util/call-site.ts';
import { reason as reasonOf } from '../util/validate.ts';
import type { DeliveredCall, HostContext, LocalOutcome, Result } from './call-entry.ts';
import type { HostEvent } from './host-event.ts';
import type { HostSettings } from './host-options.ts';
import type { AbortRelay } from './abort-relay.ts';
import { CallCheck, deathsOf, isOurs, isSigned, MOST_DEATHS } from './call-check.ts';
import { type SoundOptions, soundOptions } from './job-options.ts';
import type { Mismatches } from './mismatches.ts';
import type { Prefetch } from './prefetch.ts';
import type { WriteCoalescer } from './write-coalescer.ts';

/** The part of the local pool that calls use. */
export interface LocalPool {
  /** @param host - a {@link HostContext} as JSON. */
  runCall(run: string, data: DeliveredCall, host: string): Future<LocalOutcome>;
}

/** Values in keys of their own, see parcel.ts. */
export interface Parcels {
  put(id: string, blob: Uint8Array, ttl: number): Promise<Parcel>;
  fetch(id: string, parcel: Parcel): Promise<Uint8Array<ArrayBuffer> | undefined>;
  drop(id: string, parcel: Parcel): Promise<void>;
}

/** Milliseconds until a job of another library is looked at again. */
const FOREIGN_PAUSE = 60_000;
/** Milliseconds until a call comes back if an earlier run of it is not over here. */
const OVERLAP_PAUSE = 500;

/** The reason for passing a call on. */
const OTHER_CODE = 'This host has other code than its submitter, and another may have the same.';
const NO_SECRET =
  'The call is signed, and this host has no secret to know by whom: what it says would not be believed. Give it the secret.';

const WITHDRAWN = Symbol('withdrawn by its submitter');
const GIVEN_BACK = Symbol('given back to the queue');

interface InFlightCall {
  readonly job: Job;
  /** The name of the run in workers: an abort for one run of a call does not reach the next. */
  readonly run: string;
  readonly since: number;
  readonly future: Future<LocalOutcome>;
  /** The lease is lost, and that was reported. */
  isLost: boolean;
}

export class CallRunner {
  readonly #peers: Peers;
  readonly #settings: HostSettings;
  readonly #local: LocalPool;
  readonly #parcels: Parcels;
  readonly #relay: AbortRelay;
  readonly #mismatches: Mismatches;
  readonly #prefetch: Prefetch;
  readonly #coalescer: WriteCoalescer;
  readonly #context: string;
  readonly #tell: (event: HostEvent) => void;
  /** The local pool is broken: this host can run no calls any more. */
  readonly #broken: (why: string) => void;
  readonly #rest: (ms: number) => void;
  readonly #countDeath: (id: string) => Promise<unknown>;
  readonly #check: CallCheck;
  readonly #inFlight = new Map<string, InFlightCall>();
  #runs = 0;

  constructor(
    peers: Peers,
    settings: HostSettings,
    parts: {
      readonly local: LocalPool;
      readonly parcels: Parcels;
      readonly relay: AbortRelay;
      readonly mismatches: Mismatches;
      readonly prefetch: Prefetch;
      readonly coalescer: WriteCoalescer;
      readonly context: HostContext;
      readonly broken: (why: string) => void;
      /** Takes no jobs for so many milliseconds. */
      readonly rest: (ms: number) => void;
      /** Adds the death of a worker to the count of deaths in Redis. */
      readonly countDeath: (id: string) => Promise<unknown>;
    },
  ) {
    this.#peers = peers;
    this.#settings = settings;
    this.#check = new CallCheck(settings);
    this.#local = parts.local;
    this.#parcels = parts.parcels;
    this.#relay = parts.relay;
    this.#mismatches = parts.mismatches;
    this.#prefetch = parts.prefetch;
    this.#coalescer = parts.coalescer;
    this.#context = JSON.stringify(parts.context);
    this.#tell = settings.onEvent;
    this.#broken = parts.broken;
    this.#rest = parts.rest;
    this.#countDeath = parts.countDeath;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /**
   * Called by BullMQ for each job. The error that it throws decides about the job.
   *
   * @param unreadable - the unreadable field of its record.
   */
  async process(job: Job, token: string, unreadable?: string): Promise<OutcomeData> {
    const { data } = job as { readonly data: unknown };
    const options = soundOptions(job.opts);
    if (unreadable === 'data' || isOurs(data)) job.opts = options;
    if (unreadable === 'data' || (unreadable !== undefined && isOurs(data)))
      throw this.#failure(noRecord(job, unreadable), job);
    if (!isOurs(data)) return this.#leaveAlone(job, token);
    let call: RemoteCall;
    try {
      call = this.#check.read(data, job);
    } catch (error) {
      throw this.#failure(error, job);
    }
    if (this.#inFlight.get(job.id ?? '')?.future.done() === false) {
      this.#check.forgive(call);
      return this.#postpone(job, token);
    }
    if (isSigned(call) && !this.#settings.signer.isOn) {
      await this.#passOn(job, call, token, NO_SECRET);
      throw this.#failure(new BrokenCluster(NO_SECRET, { code: 'ERR_SIGNATURE' }), job);
    }
    const { thrown, result, worker } = await this.#run(job, call, token);
    if (thrown?.mismatch) await this.#passOn(job, call, token, OTHER_CODE);
    else this.#mismatches.ran();
    const wire = await this.#kept(job, result, options);
    const origin = { worker, task: call.name };
    if (thrown !== undefined) {
      const failure = { kind: 'error', thrown: wire, ...origin } as const;
      const text = this.#failureText(thrown.summary, failure, job);
      if (thrown.refusal === undefined) throw bare(new Error(text));
      this.#tellRefusal(job, thrown.refusal);
      // Another try would not change the result.
      throw bare(new this.#peers.bullmq.UnrecoverableError(text));
    }
    return this.#signed('outcome', job, {
      cf: FORMAT,
      ...wire,
      ...(call.chunk ? { chunk: origin } : {}),
    });
  }

  /** A call is over for good, and Redis has recorded that: its arguments are not needed any more. */
  over({ id = '', data, finishedOn }: Job): void {
    const { parcel } = (data as Partial<CallData> | null) ?? {};
    if (finishedOn && typeof parcel?.key === 'string') void this.#parcels.drop(id, parcel);
  }

  /**
   * The result for the record. A result that is too large is put into a key of its own, which lives as long as the
   * record.
   */
  async #kept(job: Job, result: Result, { removeOnComplete }: SoundOptions): Promise<WireValue> {
    if ('wire' in result) return result.wire;
    const ttl = Math.max(removeOnComplete.age * 1000, 1);
    try {
      return { parcel: await this.#parcels.put(job.id ?? '', result.blob, ttl) };
    } catch (error) {
      const text = `Redis did not take the result of ${job.name}: ${reasonOf(error)}`;
      throw this.#failure(new BrokenCluster(text, { code: 'ERR_CONNECTION' }), job);
    }
  }

  /** @throws Error with the reason why the job fails, if the arguments are gone, or do not match the call. */
  async #delivered(job: Job, call: RemoteCall): Promise<DeliveredCall> {
    if (call.parcel === undefined) return call;
    try {
      const blob = await this.#parcels.fetch(job.id ?? '', call.parcel);
      if (blob !== undefined) return { ...call, blob };
    } catch (error) {
      throw this.#failure(error, job);
    }
    const text = `The arguments of ${call.name} are not in Redis any more: they have expired, or somebody has removed them.`;
    throw this.#failure(new BrokenCluster(text, { code: 'ERR_UNKNOWN_CALL' }), job);
  }

  /**
   * A submitter requests to cancel a call.
   *
   * @throws BrokenCluster (`ERR_SIGNATURE`) if the sender is not allowed to.
   */
  async cancel(message: ControlMessage): Promise<void> {
    const call = this.#inFlight.get(message.id);
    if (call === undefined || call.future.done()) return;
    this.#settings.signer.checked('cancel', about(call.job), message);
    if (call.future.cancel(WITHDRAWN)) return;
    this.#relay.abort({ run: call.run, reason: message.reason });
    const answer = this.#signed('runs', call.job, { cf: FORMAT, kind: 'runs' });
    // The call may have ended meanwhile; then the answer is not needed.
    await call.job.updateProgress(answer).catch(() => {});
  }

  /** Another host may have the call by now, and the outcome of this one will not count. */
  leaseLost(id: string): void {
    const call = this.#inFlight.get(id);
    if (call === undefined || call.isLost) return;
    call.isLost = true;
    this.#tell({
      event: 'lease-lost',
      call: id,
      task: call.job.name,
      reason: 'The lease could not be renewed in time.',
    });
    if (!call.future.cancel(GIVEN_BACK))
      this.#relay.abort({
        run: call.run,
        reason: { json: 'The host has lost the lease of this call.' },
      });
  }

  /** True if a call has waited here for a worker for `age` milliseconds. */
  hasWaited(age: number): boolean {
    const before = performance.now() - age;
    for (const { since, future } of this.#inFlight.values())
      if (since <= before && future.state === 'pending') return true;
    return false;
  }

  /** Gives back the calls that have waited here for a worker for `age` milliseconds. @returns their number. */
  giveBack(age: number): number {
    const before = performance.now() - age;
    let count = 0;
    // Each goes back to the very front, so the last one first: they keep their order.
    for (const { since, future } of [...this.#inFlight.values()].toReversed()) {
      if (since <= before && !future.done() && future.cancel(GIVEN_BACK)) count++;
    }
    if (count > 0) this.#tell({ event: 'calls-returned', count });
    return count;
  }

  async #run(job: Job, data: RemoteCall, token: string): Promise<LocalOutcome> {
    const id = job.id ?? '';
    await this.#coalescer.end();
    for (let deaths = deathsOf(job); ; deaths++) {
      const run = String(++this.#runs);
      const delivered = await this.#delivered(job, data);
      let future: Future<LocalOutcome>;
      try {
        future = withCallSite(undefined, () => this.#local.runCall(run, delivered, this.#context));
      } catch (error) {
        // The pool is broken or shut down already, and this host is about to end.
        await this.#handleFailure(error, data, job, deaths + 1, token);
        continue;
      }
      const call = { job, run, since: performance.now(), future, isLost: false };
      this.#inFlight.set(id, call);
      try {
        const outcome = await future;
        this.#prefetch.ran(outcome.ms);
        return outcome;
      } catch (error) {
        if (error instanceof CancelledError) {
          if (error.cause !== WITHDRAWN) return await this.#returnToQueue(job, data, token);
          throw this.#withdrawn(data, job, deaths);
        }
        await this.#handleFailure(error, data, job, deaths + 1, token);
      } finally {
        this.#coalescer.gatherWrites();
        // A call that is being given back may have come back to this very host by now.
        if (this.#inFlight.get(id) === call) this.#inFlight.delete(id);
        this.#relay.forget(run);
      }
    }
  }

  /**
   * The call has not begun here. If it may have begun before, it is not cancelled: a cancelled call must never have
   * run.
   */
  #withdrawn(data: RemoteCall, job: Job, deaths: number): Error {
    const { UnrecoverableError } = this.#peers.bullmq;
    if (deaths === 0)
      return bare(
        new UnrecoverableError(this.#failureText('Cancelled.', { kind: 'cancelled' }, job)),
      );
    const text = `The host or worker that had ${data.name} in its hands died, and it was cancelled before another ran it.`;
    const death = { task: data.name };
    return this.#failure(new BrokenCluster(text, { code: 'ERR_WORKER_DIED', death }), job);
  }

  /** The call has not begun here. */
  async #returnToQueue(job: Job, data: RemoteCall, token: string): Promise<never> {
    const { WaitingError } = this.#peers.bullmq;
    this.#check.forgive(data);
    await job.moveToWait(token);
    throw new WaitingError();
  }

  /** The local pool has failed the call. Returns if the call must run again here. */
  async #handleFailure(
    error: unknown,
    data: RemoteCall,
    job: Job,
    deaths: number,
    token: string,
  ): Promise<void> {
    if (!(error instanceof BrokenExecutor)) {
      // If it were given back, it would come again, and fail again.
      if (!(error instanceof ShutdownError)) throw this.#failure(error, job);
      // While the host runs, only a task can shut its pool down.
      this.#broken(error.message);
      return this.#returnToQueue(job, data, token);
    }
    if (error.code !== 'ERR_WORKER_DIED') {
      this.#broken(error.message);
      return this.#returnToQueue(job, data, token);
    }
    // In the local pool all calls are calls of one function, so its message has that name.
    const text = error.message.replace(error.task ?? data.name, () => data.name);
    this.#tell({ event: 'worker-died', call: job.id ?? '', task: data.name, reason: text });
    if (data.onWorkerDeath !== 'fail' && deaths < MOST_DEATHS) {
      // For the next host, if this one is gone by then. Without Redis there is no next host.
      await this.#countDeath(job.id ?? '').catch(() => {});
      return;
    }
    const { worker, pid, exitCode, signal, stderr } = error;
    const death = Object.fromEntries(
      Object.entries({ worker, task: data.name, pid, exitCode, signal, stderr }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const again = deaths > 1 ? ` It was tried ${deaths} times.` : '';
    throw this.#failure(
      new BrokenCluster(`${text}${again}`, { code: 'ERR_WORKER_DIED', death }),
      job,
    );
  }

  /** A failure found by this host and not by the task. Another try would not change it. */
  #failure(error: unknown, job: Job): Error {
    const message = error instanceof Error ? error.message : reasonOf(error);
    const isDeath = error instanceof BrokenExecutor && error.code === 'ERR_WORKER_DIED';
    if (!isDeath) this.#tellRefusal(job, message);
    const { UnrecoverableError } = this.#peers.bullmq;
    const thrown = inline(writeThrown(error));
    const origin = { worker: this.#settings.name, task: job.name };
    const text = this.#failureText(message, { kind: 'error', thrown, ...origin }, job);
    return bare(new UnrecoverableError(text));
  }

  #failureText(summary: string, failure: FailureData, job: Job): string {
    return failureText(summary, this.#signed('failure', job, { cf: FORMAT, failure }));
  }

  #signed<R extends object>(purpose: Purpose, job: Job, record: R): R & Signed {
    return this.#settings.signer.signed(purpose, about(job), record);
  }

  #tellRefusal(job: Job, reason: string): void {
    this.#tell({ event: 'call-refused', call: job.id ?? '', task: job.name, reason });
  }

  /**
   * This host had lost the lease of the call, and has got the call again before its earlier run ended. BullMQ keeps
   * leases by the ids of jobs: the end of the one run would end the lease of the other.
   */
  async #postpone(job: Job, token: string): Promise<never> {
    await job.moveToDelayed(Date.now() + OVERLAP_PAUSE, token);
    throw new this.#peers.bullmq.DelayedError();
  }

  /** This host has other code. Returns if the call must fail because of that. */
  async #passOn(job: Job, call: RemoteCall, token: string, why: string): Promise<void> {
    const pause = await this.#mismatches.pauseFor(job.id ?? '', call).catch(() => undefined);
    if (pause === undefined) return;
    this.#check.forgive(call);
    await job.moveToDelayed(Date.now() + pause, token);
    this.#tell({
      event: 'call-passed-on',
      call: job.id ?? '',
      task: call.name,
      reason: why,
    });
    this.#rest(this.#mismatches.nextRest());
    throw new this.#peers.bullmq.DelayedError();
  }

  /** A job of another library, put here by mistake: it stays in the queue unchanged. */
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

function noRecord({ name }: Job, field: string): BrokenCluster {
  return new BrokenCluster(
    `The record of the call of ${name} can't be read: its ${field} is not as BullMQ writes it. Somebody else has written to it.`,
    { code: 'ERR_FORMAT' },
  );
}

/** Binds a signature to this call, and not to another that has had its id. */
function about({ id, data }: Job): readonly unknown[] {
  return [id, (data as Partial<CallData> | null)?.sig ?? null];
}

/** BullMQ stores stacks, and this one has no information. */
function bare<E extends Error>(error: E): E {
  error.stack = '';
  return error;
}
