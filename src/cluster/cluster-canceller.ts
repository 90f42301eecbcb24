/**
 * Cancels calls that are in Redis, exactly: a call is cancelled or it has begun, never both.
 *
 *     request -> take the job out      many at a time, see removal.ts
 *          -> it was taken out      nobody will run it
 *          -> it is over            it has its outcome
 *          -> a host holds it       all hosts are told: the one that has it withdraws it, if its worker has not begun (the
 *                                   job fails, as cancelled); else aborts the task's signal and says "runs"
 *          -> no answer             from the beginning, after a while: the message is lost, or the host is
 *
 * What was submitted last is asked about first: BullMQ keeps what waits in a list, and looks for a job from that end.
 */
import type { CancelRequest, ClusterCall } from './cluster-call.ts';
import { type ControlMessage, FORMAT } from './call-format.ts';
import type { Canceller } from './cluster-future.ts';
import type { RedisConnection } from './redis-connection.ts';
import type { ClusterSettings } from './cluster-options.ts';
import type { QueueListener } from './event-reader.ts';
import type { QueueNames } from './queue-names.ts';
import type { JobRecord } from './reconciler.ts';
import { MOST_AT_ONCE, type Removal, removeJobs } from './removal.ts';
import type { Signer } from './signature.ts';
import { learnSignature } from './stored-call.ts';
import { toWire } from './wire-value.ts';

const BEFORE_AGAIN = 1_000;
/** So that Redis has something to do while answers are read here. */
const MOST_BATCHES = 2;

interface Pursuit {
  readonly call: ClusterCall;
  readonly request: CancelRequest;
}

/** It may be answered, and there may be a new request by now. */
function isOpen({ call, request }: Pursuit): boolean {
  return call.cancellation === request && !call.isOver;
}

export class ClusterCanceller implements Canceller {
  readonly #redis: RedisConnection;
  readonly #names: QueueNames;
  readonly #signer: Signer;
  readonly #calls: ReadonlyMap<string, ClusterCall>;
  readonly #listener: Pick<QueueListener, 'removed'>;
  readonly #found: (call: ClusterCall, record: JobRecord) => void;
  /** Those that Redis is to be asked about; the last is the next. */
  readonly #due: Pursuit[] = [];
  #underWay = 0;
  #state: 'shut' | 'open' | 'scheduled' = 'shut';

  /**
   * @param listener - is told what was taken out.
   * @param found - settles a call if its job is over, or gone.
   */
  constructor(
    redis: RedisConnection,
    { names, signer }: ClusterSettings,
    calls: ReadonlyMap<string, ClusterCall>,
    listener: Pick<QueueListener, 'removed'>,
    found: (call: ClusterCall, record: JobRecord) => void,
  ) {
    this.#redis = redis;
    this.#names = names;
    this.#signer = signer;
    this.#calls = calls;
    this.#listener = listener;
    this.#found = found;
  }

  /** The connection is there. */
  open(): void {
    if (this.#state === 'shut') this.#state = 'open';
    this.#schedule();
  }

  requestCancel(id: string, reason: unknown): void {
    const call = this.#calls.get(id);
    if (call !== undefined) this.request(call, reason);
  }

  confirm(id: string): Promise<boolean> {
    const call = this.#calls.get(id);
    if (call === undefined) return Promise.resolve(false);
    return new Promise((resolve) => this.#requestFor(call).confirmations.push(resolve));
  }

  request(call: ClusterCall, reason?: unknown): void {
    const isNew = call.cancellation === undefined;
    this.#requestFor(call).reason = reason;
    // One that Redis does not have yet is asked about as soon as it has.
    if (isNew && call.job === undefined) this.#pursue(call);
  }

  stored(call: ClusterCall): void {
    if (call.cancellation !== undefined) this.#pursue(call);
  }

  /** A host says that the task has begun. */
  runs(call: ClusterCall): void {
    this.#answer(call, false);
  }

  over(call: ClusterCall): void {
    this.#answer(call, call.future.cancelled());
  }

  #requestFor(call: ClusterCall): CancelRequest {
    return (call.cancellation ??= {
      reason: undefined,
      removedAt: undefined,
      confirmations: [],
    });
  }

  #answer(call: ClusterCall, cancelled: boolean): void {
    const confirmations = call.cancellation?.confirmations ?? [];
    call.cancellation = undefined;
    for (const confirm of confirmations) confirm(cancelled);
  }

  #pursue(call: ClusterCall): void {
    if (call.cancellation === undefined) return;
    this.#due.push({ call, request: call.cancellation });
    this.#schedule();
  }

  /** What is wished for in one turn is asked about together. */
  #schedule(): void {
    if (this.#state !== 'open' || this.#due.length === 0 || this.#underWay >= MOST_BATCHES) return;
    this.#state = 'scheduled';
    queueMicrotask(() => {
      this.#state = 'open';
      while (this.#due.length > 0 && this.#underWay < MOST_BATCHES)
        void this.#ask(this.#due.splice(-MOST_AT_ONCE).toReversed().filter(isOpen));
    });
  }

  async #ask(pursuits: readonly Pursuit[]): Promise<void> {
    if (pursuits.length === 0) return;
    this.#underWay++;
    try {
      const isFirst = pursuits.map(({ request }) => request.removedAt === undefined);
      // Before: whoever looks a job up meanwhile must know why it is gone.
      for (const { request } of pursuits) request.removedAt ??= performance.now();
      const ids = pursuits.map(({ call }) => call.id);
      const { breaks } = this.#redis;
      const removals = await removeJobs(this.#redis.commands, this.#names, ids);
      // What has no answer is sent again by the client, and then this is not the answer to the question that has removed it.
      const isWhole = breaks === this.#redis.breaks;
      for (const [i, pursuit] of pursuits.entries())
        this.#handleRemoval(pursuit, removals[i], isWhole && isFirst[i] === true);
    } catch {
      // A connection that breaks comes back, and the question is asked again.
    } finally {
      this.#underWay--;
      this.#askAgain(pursuits.filter(isOpen));
      this.#schedule();
    }
  }

  #handleRemoval({ call, request }: Pursuit, removal: Removal | undefined, isFirst: boolean): void {
    if (removal?.is === 'removed') {
      this.#listener.removed(call.id, removal.before, removal.died);
      return;
    }
    const isGone = removal?.is === 'found' && !removal.record.exists;
    if (!isGone || isFirst) request.removedAt = undefined;
    if (removal?.is === 'found') this.#found(call, removal.record);
    else void this.#tellHosts(call, request).catch(() => {});
  }

  /** An answer of a host may be lost, too. */
  #askAgain(pursuits: readonly Pursuit[]): void {
    if (pursuits.length === 0) return;
    setTimeout(() => {
      this.#due.push(...pursuits);
      this.#schedule();
    }, BEFORE_AGAIN).unref();
  }

  async #tellHosts(call: ClusterCall, { reason }: CancelRequest): Promise<void> {
    if (this.#signer.isOn && call.signature === undefined)
      await learnSignature(this.#redis, this.#signer, call);
    const message = this.#signer.signed('cancel', call.about, {
      cf: FORMAT,
      kind: 'cancel',
      id: call.id,
      reason: wireReason(reason),
    } satisfies ControlMessage);
    await this.#redis.commands.publish(this.#names.control, JSON.stringify(message));
  }
}

/** A reason that can't travel is told in words. */
function wireReason(reason: unknown): ControlMessage['reason'] {
  try {
    return toWire(reason);
  } catch {
    return toWire(String(reason));
  }
}
