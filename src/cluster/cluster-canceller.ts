/**
 * Cancels calls that are stored in Redis, with certainty: a call is cancelled or it has begun, never both.
 *
 *     request -> remove the job         many at a time, see removal.ts
 *          -> it was removed       no host will run it
 *          -> it is over           it has its outcome
 *          -> a host has it        all hosts get a message: the one that has it withdraws it, if its worker has not
 *                                  begun (the job fails as cancelled); else it aborts the task's signal, reports "runs"
 *          -> no answer            from the beginning, after a while: the message or the host is lost
 *
 * The latest calls are removed first: BullMQ keeps waiting jobs in a list and searches it from that end.
 */
import { BatchMachine } from './batch-state.ts';
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
/** Two batches, so that Redis works on one while the answers to the other are read here. */
const MOST_BATCHES = 2;

interface Pursuit {
  readonly call: ClusterCall;
  readonly request: CancelRequest;
}

/** False if the request was answered, or replaced by a new one. */
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
  /** The requests that Redis has not been asked about; the last one is the next. */
  readonly #due: Pursuit[] = [];
  #underWay = 0;
  readonly #state = new BatchMachine();

  /**
   * @param listener - called for each job that was removed.
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

  /** Called when the connection is open. */
  open(): void {
    this.#state.open();
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
    // A call that is not stored in Redis yet is removed as soon as it is.
    if (isNew && call.job === undefined) this.#pursue(call);
  }

  stored(call: ClusterCall): void {
    if (call.cancellation !== undefined) this.#pursue(call);
  }

  /** Called when a host reports that the task has begun. */
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

  /** Requests of one event loop iteration are sent together. */
  #schedule(): void {
    if (this.#due.length === 0 || this.#underWay >= MOST_BATCHES || !this.#state.schedule()) return;
    queueMicrotask(() => {
      this.#state.flush();
      while (this.#due.length > 0 && this.#underWay < MOST_BATCHES)
        void this.#ask(this.#due.splice(-MOST_AT_ONCE).toReversed().filter(isOpen));
    });
  }

  async #ask(pursuits: readonly Pursuit[]): Promise<void> {
    if (pursuits.length === 0) return;
    this.#underWay++;
    try {
      const isFirst = pursuits.map(({ request }) => request.removedAt === undefined);
      // Set first: a look-up of the job in the meantime has to know why it is gone.
      for (const { request } of pursuits) request.removedAt ??= performance.now();
      const ids = pursuits.map(({ call }) => call.id);
      const { breaks } = this.#redis;
      const removals = await removeJobs(this.#redis.commands, this.#names, ids);
      // The client repeats commands without an answer after a break. The answer may then be that of the repetition,
      // not of the command that has removed the job.
      const isWhole = breaks === this.#redis.breaks;
      for (const [i, pursuit] of pursuits.entries())
        this.#handleRemoval(pursuit, removals[i], isWhole && isFirst[i] === true);
    } catch {
      // The connection is restored, and the request is sent again.
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

  /** Repeats the requests: an answer of a host may be lost, too. */
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

/** A reason that can't be sent becomes a text. */
function wireReason(reason: unknown): ControlMessage['reason'] {
  try {
    return toWire(reason);
  } catch {
    return toWire(String(reason));
  }
}
