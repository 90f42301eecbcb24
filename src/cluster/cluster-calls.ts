/**
 * The calls of one program on a cluster, from `submit` until their futures are settled.
 *
 *     send -> CallWriter -> ClusterCall, HELD -> Outbox -> Redis ... a host ... -> event -> the future is done
 *                                                              \-> Reconciler, if an event does not arrive
 *
 * A call is settled by the first of these: an event, the reconciler, a refusal (`ClusterCall.end`). They can't
 * contradict each other, because BullMQ gives a job one outcome: a host that has lost its lease can't write one.
 *
 * {@link Admission} does the admission, the counts and the shutdown, as in a pool. If the first connection fails for
 * good, all calls fail, and no further call is accepted.
 */
import { randomBytes } from 'node:crypto';
import { BrokenCluster, DeadlockError, PicklingError } from '../errors.ts';
import { cloneToBytes } from '../codec/clone.ts';
import { Admission } from '../executor/admission.ts';
import type { CallOutcome } from '../executor/backend.ts';
import type { CallOptions } from '../executor/call-options.ts';
import { watchExit } from '../executor/exit-hook.ts';
import type { ShutdownOptions } from '../executor/executor.ts';
import { KeepAlive } from '../executor/keep-alive.ts';
import type { CallPool, CallSender } from '../executor/pool-executor.ts';
import type { ExecutorStats } from '../executor/stats.ts';
import type { CallController } from '../future/call-controller.ts';
import {
  cancelFuture,
  controlFuture,
  failFuture,
  finishFuture,
  type Future,
} from '../future/future.ts';
import { type Callee, explainFailure, FunctionRegistry } from '../functions/function-registry.ts';
import { checkRuns, type Parcel } from './call-format.ts';
import { CallWriter, type WrittenCall } from './call-writer.ts';
import { ClusterCall } from './cluster-call.ts';
import { ClusterCanceller } from './cluster-canceller.ts';
import { ClusterFuture } from './cluster-future.ts';
import { type BulkJob, RedisConnection } from './redis-connection.ts';
import type { QueueListener } from './event-reader.ts';
import type { ClusterCallOptions, ClusterSettings } from './cluster-options.ts';
import { isTransient, type RedisServer } from './connection.ts';
import { type HostInfo, listHosts } from './host-record.ts';
import { jobFor } from './job.ts';
import { Outbox } from './outbox.ts';
import {
  type Checked,
  checkTold,
  hostLost,
  type JobOutcome,
  parcelOf,
  readJobOutcome,
  type Told,
  unknownCall,
} from './job-outcome.ts';
import { dropParcel, fetchParcel, type Packet } from './parcel.ts';
import { type JobRecord, Reconciler } from './reconciler.ts';
import { parsed } from './record-text.ts';
import { learnSignature, storedArguments } from './stored-call.ts';

/** The reason for a call that was removed from a host, which is only possible after the host has lost it. */
const TAKEN_OUT =
  'its host died, or lost its connection, and it was cancelled before another ran it.';
const UNHEARD =
  'it was cancelled while Redis was not reachable, so it is not known whether it had begun.';
/** The states in BullMQ of a job that no host has taken. */
const WAITED = new Set(['wait', 'waiting', 'delayed', 'prioritized', 'paused']);
/** Milliseconds after which the event of a removal counts as lost. */
const EVENT_PATIENCE = 3_000;
const NO_CALL = -1;
const toHosts = { clone: cloneToBytes, remedy: 'Pass plain data.' };

export class ClusterCalls implements CallPool, CallSender, CallController, QueueListener {
  readonly functions: FunctionRegistry;
  readonly lookAhead = 64;
  readonly #server: RedisServer;
  readonly #settings: ClusterSettings;
  readonly #writer: CallWriter;
  readonly #redis: RedisConnection;
  readonly #outbox: Outbox;
  readonly #reconciler: Reconciler;
  readonly #canceller: ClusterCanceller;
  readonly #keepAlive = new KeepAlive();
  readonly #byId = new Map<string, ClusterCall>();
  readonly #byHandle = new Map<number, ClusterCall>();
  /** Part of the ids of this program's calls. */
  readonly #node = randomBytes(9).toString('base64url');
  readonly #admission = new Admission(() => this.#closeIfDone());
  #lastHandle = 0;
  #opening: Promise<void> | undefined = undefined;
  #isClosing = false;

  constructor(server: RedisServer, settings: ClusterSettings) {
    const { functions: policy, names } = settings;
    const found = (call: ClusterCall, record: JobRecord): void => this.#found(call, record);
    watchExit();
    this.#server = server;
    this.#settings = settings;
    this.functions = new FunctionRegistry(() => {}, { policy, shares: false });
    this.#writer = new CallWriter(settings);
    this.#redis = new RedisConnection(server, names, this);
    this.#outbox = new Outbox(
      this.#redis,
      names,
      (call) => this.#stored(call),
      (call, error) => this.#end(call, 'failed', error),
    );
    this.#reconciler = new Reconciler(this.#redis, this.#byId, found);
    this.#canceller = new ClusterCanceller(this.#redis, settings, this.#byId, this, found);
  }

  // CallPool

  admit(): void {
    this.#admission.admit();
  }

  /** Tasks run on other machines, and submit to pools there, so nothing is kept for them here. */
  forget(): void {
    void this.shutdown({ wait: false });
  }

  refused(outcome: 'failed' | 'cancelled' = 'failed'): void {
    this.#admission.refused(outcome);
  }

  shutdown({ wait = true, cancelFutures = false }: ShutdownOptions): Promise<void> {
    const closed = this.#admission.shutdown();
    if (cancelFutures) {
      for (const { future, isActive } of this.#byId.values()) if (!isActive) future.cancel();
    }
    this.#closeIfDone();
    return wait ? closed : Promise.resolve();
  }

  stats(): ExecutorStats {
    const running = [...this.#byId.values()].filter(({ isActive }) => isActive).length;
    return Object.freeze({
      maxWorkers: 0,
      workers: 0,
      idle: 0,
      pending: this.#byId.size - running,
      running,
      ...this.#admission.counts,
    });
  }

  hosts(): Promise<HostInfo[]> {
    const { names, signer, connectTimeout } = this.#settings;
    return listHosts(this.#server, names, signer, connectTimeout);
  }

  // CallSender

  send(callee: Callee, given: unknown[], chunk: boolean, options: CallOptions): Future<unknown> {
    const { jobId = this.#newId(), ...more } = options as ClusterCallOptions;
    const known = this.#byId.get(jobId);
    if (known !== undefined) return known.future;
    // Counted from here on: a getter among the arguments may shut the executor down, which must stay open until the
    // call is over.
    this.#admission.entered();
    let entry = this.functions.known(callee);
    let args = given;
    let written: WrittenCall;
    try {
      if (entry === undefined) ({ entry, args } = this.functions.prepare(callee, given, undefined));
      written = this.#write(jobId, { callee, entry, args }, chunk);
    } catch (error) {
      const future = this.newFuture({ jobId });
      controlFuture(this, NO_CALL, entry?.name, future);
      this.#admission.left('failed');
      failFuture(future, error);
      return future;
    }
    const { remote, packet } = written;
    const job = jobFor(remote, jobId, more, this.#settings);
    const call = this.#add(jobId, remote.name, job, packet);
    if (chunk) call.items = given.length;
    return call.future;
  }

  /** A future for a call that is not added. */
  newFuture({ jobId = this.#newId() }: ClusterCallOptions): ClusterFuture<never> {
    return new ClusterFuture(jobId, this.#canceller);
  }

  /** A future for a call that is stored in Redis already. */
  attach(id: string): ClusterFuture<unknown> {
    const known = this.#byId.get(id);
    if (known !== undefined) return known.future;
    this.#admission.entered();
    const call = this.#add(id);
    void this.#opening?.then(() => this.#reconciler.look(call));
    return call.future;
  }

  #write(
    id: string,
    { callee, entry, args }: Parameters<FunctionRegistry['again']>[0],
    chunk: boolean,
  ): WrittenCall {
    try {
      return this.#writer.write(id, { entry, args }, chunk);
    } catch (error) {
      if (error instanceof PicklingError) throw error;
      const failed = { callee, entry, args };
      try {
        return this.#writer.write(id, this.functions.again(failed, error, undefined), chunk);
      } catch (second) {
        throw explainFailure(failed, error, second, undefined, toHosts);
      }
    }
  }

  #newId(): string {
    return `${this.#node}-${++this.#lastHandle}`;
  }

  #add(id: string, task?: string, job?: BulkJob, packet?: Packet): ClusterCall {
    const future = new ClusterFuture<never>(id, this.#canceller);
    const call = new ClusterCall(++this.#lastHandle, future, job, packet);
    controlFuture(this, call.handle, task, future);
    this.#byId.set(id, call);
    this.#byHandle.set(call.handle, call);
    this.#keepAlive.hold();
    this.#reconciler.start();
    this.#redis.listen();
    if (job !== undefined) this.#outbox.add(call);
    this.#opening ??= this.#open();
    return call;
  }

  async #open(): Promise<void> {
    try {
      await this.#redis.open(this.#settings);
    } catch (error) {
      this.#break(error as BrokenCluster);
      return;
    }
    this.#outbox.open();
    this.#canceller.open();
    this.#closeIfDone();
  }

  #stored(call: ClusterCall): void {
    call.job = undefined;
    call.packet = undefined;
    call.checkedAt = performance.now();
    if (call.isOver) return;
    this.#canceller.stored(call);
  }

  // QueueListener: events of all jobs, including those of other programs.

  began(id: string): void {
    this.#byId.get(id)?.begin();
  }

  returned(id: string): void {
    this.#byId.get(id)?.giveBack();
  }

  completed(id: string, text: string): void {
    const call = this.#byId.get(id);
    if (call !== undefined) this.#settle(call, { value: parsed(text) });
  }

  failed(id: string, reason: string): void {
    const call = this.#byId.get(id);
    if (call !== undefined) this.#settle(call, { reason });
  }

  removed(id: string, before: string, died: boolean | undefined): void {
    const call = this.#byId.get(id);
    if (call === undefined) return;
    if (before === 'active' || (died === true && WAITED.has(before)))
      this.#end(call, 'failed', hostLost(TAKEN_OUT));
    else if (WAITED.has(before)) this.#cancelled(call);
    else this.#end(call, 'failed', unknownCall(id));
  }

  progressed(id: string, text: string): void {
    const call = this.#byId.get(id);
    if (call === undefined) return;
    try {
      this.#settings.signer.checked('runs', call.about, checkRuns(parsed(text)));
      this.#canceller.runs(call);
    } catch {
      // The record is from another writer. The hosts are asked again until one answers.
    }
  }

  duplicated(id: string): void {
    const call = this.#byId.get(id);
    if (call === undefined) return;
    void this.#reconciler.look(call);
    if (call.arguments !== undefined) void this.#dropIfOther(call, call.arguments);
  }

  reconnected(): void {
    this.#reconciler.suspectLostEvents();
  }

  #found(call: ClusterCall, record: JobRecord): void {
    if (record.finished) {
      const { returnValue, failedReason } = record;
      if (returnValue === undefined) this.#settle(call, { reason: failedReason ?? '' });
      else this.#settle(call, { value: parsed(returnValue) });
    } else if (!record.exists) {
      const removedAt = call.cancellation?.removedAt;
      if (removedAt === undefined) this.#end(call, 'failed', unknownCall(call.id));
      // This program has removed the job, and both the answer and the event were lost: it is unknown whether the
      // call had begun.
      else if (performance.now() - removedAt > EVENT_PATIENCE)
        this.#end(call, 'failed', hostLost(UNHEARD));
    }
  }

  /**
   * Drops the arguments of a duplicate: the job existed already, with arguments in another key. Not if this program
   * sent it twice.
   */
  async #dropIfOther(call: ClusterCall, mine: Parcel): Promise<void> {
    const stored = await storedArguments(this.#redis, call.id);
    if (stored !== undefined && stored.key !== mine.key)
      await dropParcel(this.#redis.commands, this.#settings.names, call.id, mine);
  }

  #settle(call: ClusterCall, told: Told, isSecond = false): void {
    if (call.isOver) return;
    let checked: Checked;
    try {
      checked = checkTold(told, this.#settings.signer, call.about);
    } catch (error) {
      const isOfAnother = (error as Partial<BrokenCluster>).code === 'ERR_SIGNATURE';
      if (isOfAnother && !isSecond) {
        // The call may have been submitted by another program, under the same id.
        void learnSignature(this.#redis, this.#settings.signer, call).then(() =>
          this.#settle(call, told, true),
        );
        return;
      }
      this.#end(call, 'failed', error);
      return;
    }
    const parcel = parcelOf(checked);
    if (parcel === undefined) this.#conclude(call, checked);
    else void this.#fetch(call, checked, parcel);
  }

  /** An event and the reconciler may both report the outcome. */
  async #fetch(call: ClusterCall, checked: Checked, parcel: Parcel): Promise<void> {
    if (call.isFetching) return;
    call.isFetching = true;
    try {
      const blob = await fetchParcel(this.#redis.commands, this.#settings.names, call.id, parcel);
      if (blob === undefined) this.#end(call, 'failed', unknownCall(call.id));
      else this.#conclude(call, checked, blob);
    } catch (error) {
      // The reconciler tries again.
      if (isTransient(error)) call.isFetching = false;
      else this.#end(call, 'failed', error);
    }
  }

  #conclude(call: ClusterCall, checked: Checked, blob?: Uint8Array): void {
    let outcome: JobOutcome;
    try {
      outcome = readJobOutcome(checked, blob, call.items);
    } catch (error) {
      outcome = { how: 'failed', error };
    }
    if (outcome.how === 'cancelled') this.#cancelled(call);
    else if (outcome.how === 'lost') this.#end(call, 'failed', hostLost(outcome.text));
    else if (outcome.how === 'completed') this.#end(call, 'completed', outcome.value);
    else this.#end(call, 'failed', outcome.error);
  }

  #cancelled(call: ClusterCall): void {
    const reason = call.cancellation?.reason;
    this.#end(call, 'cancelled', reason);
  }

  #end(call: ClusterCall, how: CallOutcome, outcome: unknown): void {
    if (!call.end()) return;
    this.#forget(call, how);
    if (how === 'completed') finishFuture(call.future, outcome);
    else if (how === 'failed') failFuture(call.future, outcome);
    else cancelFuture(call.future, outcome);
    this.#canceller.over(call);
    this.#restIfIdle();
  }

  #forget({ id, handle }: ClusterCall, how: CallOutcome): void {
    this.#byId.delete(id);
    this.#byHandle.delete(handle);
    this.#admission.left(how);
  }

  /** Called whenever a call is over. */
  #restIfIdle(): void {
    if (this.#byId.size > 0) return;
    this.#reconciler.stop();
    this.#redis.rest();
    if (!this.#admission.isShutDown) this.#keepAlive.release();
    this.#closeIfDone();
  }

  #break(error: BrokenCluster): void {
    this.#admission.break(() => this.#broken(error));
    for (const call of this.#byId.values()) this.#end(call, 'failed', this.#broken(error));
    this.#closeIfDone();
  }

  /** A new error for each call. */
  #broken({ message, code, cause }: BrokenCluster): BrokenCluster {
    return new BrokenCluster(message, { code, ...(cause === undefined ? {} : { cause }) });
  }

  #closeIfDone(): void {
    if (!this.#admission.isShutDown || this.#byId.size > 0 || this.#isClosing) return;
    this.#isClosing = true;
    void Promise.resolve(this.#opening)
      .then(() => this.#redis.close())
      .finally(() => {
        this.#keepAlive.end();
        this.#admission.close();
      });
  }

  // CallController

  withdraw(_future: Future<unknown>, handle: number): boolean {
    const call = this.#byHandle.get(handle);
    if (call === undefined) return false;
    if (!call.isHeld) {
      this.#canceller.request(call);
      return false;
    }
    // Its future settles itself when this method returns.
    call.end();
    this.#forget(call, 'cancelled');
    this.#restIfIdle();
    return true;
  }

  begun(handle: number): boolean {
    return this.#byHandle.get(handle)?.isActive ?? false;
  }

  workerName(): string | undefined {
    return undefined;
  }

  block(): never {
    throw new DeadlockError(
      'Blocking on a call of a cluster could never end: its outcome reaches this thread through the event loop that would be blocked. Await it instead.',
    );
  }
}
