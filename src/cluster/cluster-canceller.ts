/**
 * Cancels calls that are in Redis, exactly: a call is cancelled or it has begun, never both.
 *
 *     wish -> is it over?            yes: it has its outcome
 *          -> take the job out       BullMQ does that only while no host holds it; the event says what it was
 *          -> else tell the hosts    the one that has it withdraws it, if its worker has not begun (the job
 *                                    fails, as cancelled); else aborts the task's signal and says "runs"
 *          -> no answer              from the beginning, after a while: the message is lost, or the host is
 *
 * The race: a job may begin *and* end between the question and its being taken out. Then the event says
 * that it was complete, and the event of its completion has come before, by the order of the stream.
 */
import type { ClusterCall } from './cluster-call.ts';
import { type ControlMessage, FORMAT } from './call-format.ts';
import type { Canceller } from './cluster-future.ts';
import type { ClusterLink } from './cluster-link.ts';
import { type JobRecord, readJob } from './reconciler.ts';
import type { ClusterSettings } from './cluster-options.ts';
import { dropParcel } from './parcel.ts';
import type { QueueNames } from './queue-names.ts';
import type { Signer } from './signature.ts';
import { learnSignature, storedArguments } from './stored-call.ts';
import { toWire } from './wire-value.ts';

const BEFORE_AGAIN = 1_000;

export class ClusterCanceller implements Canceller {
  readonly #link: ClusterLink;
  readonly #names: QueueNames;
  readonly #signer: Signer;
  readonly #calls: ReadonlyMap<string, ClusterCall>;
  readonly #found: (call: ClusterCall, record: JobRecord) => void;

  /** @param found - settles a call if its job is over, or gone. */
  constructor(
    link: ClusterLink,
    { names, signer }: ClusterSettings,
    calls: ReadonlyMap<string, ClusterCall>,
    found: (call: ClusterCall, record: JobRecord) => void,
  ) {
    this.#link = link;
    this.#names = names;
    this.#signer = signer;
    this.#calls = calls;
    this.#found = found;
  }

  wish(id: string, reason: unknown): void {
    const call = this.#calls.get(id);
    if (call !== undefined) this.request(call, reason);
  }

  confirm(id: string): Promise<boolean> {
    const call = this.#calls.get(id);
    if (call === undefined) return Promise.resolve(false);
    return new Promise((resolve) => this.#wish(call).confirmations.push(resolve));
  }

  request(call: ClusterCall, reason?: unknown): void {
    const isNew = call.cancellation === undefined;
    this.#wish(call).reason = reason;
    // One that Redis does not have yet is asked about as soon as it has.
    if (isNew && call.job === undefined) void this.#pursue(call);
  }

  stored(call: ClusterCall): void {
    if (call.cancellation !== undefined) void this.#pursue(call);
  }

  /** A host says that the task has begun. */
  runs(call: ClusterCall): void {
    this.#answer(call, false);
  }

  over(call: ClusterCall): void {
    this.#answer(call, call.future.cancelled());
  }

  #wish(call: ClusterCall): NonNullable<ClusterCall['cancellation']> {
    return (call.cancellation ??= {
      reason: undefined,
      removedAt: undefined,
      died: false,
      confirmations: [],
    });
  }

  #answer(call: ClusterCall, cancelled: boolean): void {
    const confirmations = call.cancellation?.confirmations ?? [];
    call.cancellation = undefined;
    for (const confirm of confirmations) confirm(cancelled);
  }

  async #pursue(call: ClusterCall): Promise<void> {
    const wish = call.cancellation;
    while (wish !== undefined && call.cancellation === wish && !call.isOver) {
      // A connection that breaks comes back, and the question is asked again.
      await this.#ask(call, wish).catch(() => {});
      if (call.isOver) return;
      await new Promise((resolve) => setTimeout(resolve, BEFORE_AGAIN).unref());
    }
  }

  async #ask(call: ClusterCall, wish: NonNullable<ClusterCall['cancellation']>): Promise<void> {
    const record = await readJob(this.#link, call.id);
    this.#found(call, record);
    if (call.isOver || !record.exists) return;
    // Before: whoever looks the job up meanwhile must know why it is gone.
    wish.removedAt = performance.now();
    wish.died = record.died;
    const parcel = call.arguments ?? (await storedArguments(this.#link, call.id));
    if ((await this.#link.queue.remove(call.id)) === 1) {
      void dropParcel(this.#link.commands, this.#names, call.id, parcel);
      return;
    }
    wish.removedAt = undefined;
    if (this.#signer.isOn && call.signature === undefined)
      await learnSignature(this.#link, this.#signer, call);
    const message = this.#signer.signed('cancel', call.about, {
      cf: FORMAT,
      kind: 'cancel',
      id: call.id,
      reason: wireReason(wish.reason),
    } satisfies ControlMessage);
    await this.#link.commands.publish(this.#names.control, JSON.stringify(message));
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
