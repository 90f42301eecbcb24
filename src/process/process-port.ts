/**
 * The port of a worker process: calls come off the channel in frames, and are claimed in the log.
 *
 * The process belongs to the user's code, with three exceptions: descriptors 3 to 5, a thread that waits for the
 * parent's end, and SIGINT. A terminal sends SIGINT to the parent and all of its workers; the parent decides its
 * meaning.
 */
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { cloneFromBytes } from '../codec/clone.ts';
import type { ErrorEnvelope } from '../codec/error-envelope.ts';
import { betweenProcesses } from '../codec/process-channel.ts';
import { ValueReader } from '../codec/value-reader.ts';
import type { Frame } from '../protocol/frame.ts';
import type { FromWorker, NestedRequest } from '../protocol/messages.ts';
import type { ToProcess } from '../protocol/process-messages.ts';
import { Deque } from '../util/deque.ts';
import {
  exitProcess,
  now,
  onProcess,
  SafeMap,
  standardStream,
  TrueArrayBuffer,
  TrueError,
  trueProcess,
  TrueUint8Array,
  uncurryThis,
} from '../util/primordials.ts';
import type { WorkerPort } from '../worker/call-port.ts';
import { WorkerRuntime } from '../worker/worker-runtime.ts';
import { WorkerClaims } from './claim-log.ts';
import { Flag, FrameKind } from './frame-layout.ts';
import { startOrphanGuard } from './orphan-guard.ts';
import { INSTANT, CallDurations } from './call-durations.ts';
import { CLAIMS_FD, LIFELINE_FD, WorkerChannel } from './worker-channel.ts';

/** A call that this worker has in hand. */
interface ReceivedCall {
  readonly frame: Frame;
  /** Its number among the calls sent to this worker. */
  readonly sequence: number;
  /** The time of its beginning. */
  began: number;
}

/** Milliseconds for which the end of this process waits for its parent to read. */
const LAST_WORDS = 1000;
/** Number of further calls that are claimed together, if they take less than a claim. */
const TOGETHER = 32;

// primordials: taken when this is loaded.
// oxlint-disable-next-line typescript/unbound-method -- called with a stream as `this`
const write = uncurryThis(Writable.prototype.write) as (
  stream: Writable,
  text: string,
  encoding: BufferEncoding,
  then: () => void,
) => boolean;
const folder = dirname(trueProcess.argv[1] ?? '');

/** A full pipe takes printed text later; exiting at once would cut it off. */
function exitWhenWritten(): void {
  whenWritten(standardStream.stdout(), () =>
    whenWritten(standardStream.stderr(), () => exitProcess(0)),
  );
}

function whenWritten(stream: Writable, then: () => void): void {
  // Not the stream's own method: programs replace it by functions that may never call back.
  if (stream.writableLength > 0) write(stream, '', 'utf8', then);
  else then();
}

export class ProcessPort implements WorkerPort<ReceivedCall> {
  readonly channel = betweenProcesses;
  readonly #channel: WorkerChannel;
  readonly #reader = new ValueReader(new TrueArrayBuffer(0));
  readonly #calls = new Deque<ReceivedCall>();
  readonly #durations = new CallDurations();
  readonly #runtime: WorkerRuntime<ReceivedCall>;
  #claims: WorkerClaims | undefined = undefined;
  #lastSequence = 0;
  /** Questions to the parent, which answers them in order. A callback may ask while another question is open. */
  #asked = 0;
  #answered = 0;
  readonly #answers = new SafeMap<number, boolean>();

  /** Starts the worker; the parent's first message starts its runtime. */
  static open(): ProcessPort {
    return new ProcessPort();
  }

  private constructor() {
    this.#channel = new WorkerChannel({
      frame: (frame) => this.#receive(frame),
      read: () => this.#runtime.loop?.wake(),
      drained: () => this.#runtime.loop?.wake(),
      closed: () => exitProcess(0),
    });
    onProcess('SIGINT', () => {});
    this.#runtime = new WorkerRuntime(this);
  }

  // CallPort.

  /** The next call. Calls that the parent has taken back are skipped. */
  claim(): ReceivedCall | undefined {
    for (let call = this.#calls.peek(); call !== undefined; call = this.#calls.peek()) {
      // Finished outcomes must not wait for a call that may take long.
      if (this.#durations.delay(call.frame.extra) === 0) this.#channel.flush();
      // No call begins while outcomes can't leave: if it ended this process, they would be lost with it.
      if (this.#channel.isStuck) return undefined;
      this.#calls.shift();
      this.#claim(call);
      if (this.#claims?.isTaken(call.sequence) !== true) return call;
    }
    return undefined;
  }

  #claim({ frame, sequence }: ReceivedCall): void {
    if (this.#claims === undefined || this.#claims.has(sequence)) return;
    let last = sequence;
    if (this.#durations.of(frame.extra) === INSTANT)
      last += this.#calls.lengthWhile((each) => each.frame.extra === frame.extra, TOGETHER);
    this.#claims.claim(last);
  }

  functionOf({ frame }: ReceivedCall): number {
    return frame.extra;
  }

  isChunk({ frame }: ReceivedCall): boolean {
    return (frame.flags & Flag.Chunk) !== 0;
  }

  isCaptured({ frame }: ReceivedCall): boolean {
    return (frame.flags & Flag.Captured) !== 0;
  }

  numberOf({ frame }: ReceivedCall): number {
    return frame.number;
  }

  argumentsOf({ frame }: ReceivedCall): unknown[] {
    const { attached, flags, bytes, start } = frame;
    if (attached === undefined) throw new TrueError('There is not enough memory for them.');
    if ((flags & Flag.Cloned) !== 0) {
      const last = attached[attached.length - 1] ?? new TrueArrayBuffer(0);
      return cloneFromBytes(new TrueUint8Array(last)) as unknown[];
    }
    this.#reader.over(bytes, start, attached);
    return this.#reader.readAll(start, this.#channel.shapes);
  }

  putValue({ frame }: ReceivedCall, value: unknown): void {
    const { flags, number, extra } = frame;
    this.#channel.putOutcome(flags & Flag.Chunk, number, this.#durations.of(extra), value);
  }

  putError({ frame }: ReceivedCall, error: ErrorEnvelope): void {
    const { number, extra } = frame;
    this.#channel.putOutcome(Flag.Failed, number, this.#durations.of(extra), error);
  }

  begins(call: ReceivedCall): void {
    call.began = now();
  }

  endsAtOnce(): void {
    // Outcomes of quick calls are collected; see `ended`.
  }

  leaves(): void {
    this.#channel.flush();
    this.#left = true;
  }

  /** True if the loop runs no calls at the moment: outcomes are sent at once then. */
  #left = true;

  ended({ frame, began }: ReceivedCall): void {
    this.#durations.note(frame.extra, now() - began);
    if (this.#left || this.#channel.age >= this.#durations.delay(frame.extra))
      this.#channel.flush();
  }

  resumes(): void {
    this.#left = false;
  }

  turns(): void {
    this.#channel.flush();
  }

  rests(): boolean {
    this.#channel.flush();
    return true;
  }

  unrest(): boolean {
    return true;
  }

  isFlushed(): boolean {
    this.#channel.flush();
    return !this.#channel.isStuck;
  }

  // ParentPort.

  send(message: FromWorker): void {
    this.#channel.tell(message);
  }

  ask(request: NestedRequest): boolean {
    const question = ++this.#asked;
    this.send({ kind: 'request', request });
    while (!this.#answers.has(question)) this.receiveWithin(Infinity);
    const answer = this.#answers.get(question) === true;
    this.#answers.delete(question);
    return answer;
  }

  receiveNow(): boolean {
    // A function's announcement is a frame in front of its first call: there is nothing to wait for.
    return false;
  }

  receiveWithin(timeout: number): void {
    this.#channel.readNow(timeout);
  }

  closes(): void {
    // Calls that arrive belong to this worker. The parent sends no more, except those for which its tasks wait.
  }

  /** Releases calls that were claimed together and have not begun. */
  departs(): void {
    this.send({ kind: 'leaving' });
    const next = this.#calls.peek();
    if (next !== undefined) this.#claims?.release(next.sequence);
    // Bytes that are not written now are lost, and with them outcomes of finished calls.
    this.#channel.flushWithin(LAST_WORDS);
  }

  stays(): void {
    // The parent acts on the message `still-here`.
  }

  leave(retired: boolean): void {
    // Its exit handlers may have run before; this end is of another kind.
    if (retired) this.send({ kind: 'still-here' });
    // Sent before the exit handlers run, one of which may never return: from now on the parent's grace runs.
    this.send({ kind: 'leaving' });
    this.#channel.flush();
    exitWhenWritten();
  }

  // Messages from the parent.

  #receive(frame: Frame): void {
    switch (frame.kind) {
      case FrameKind.Call:
        this.#calls.push({ frame, sequence: ++this.#lastSequence, began: 0 });
        break;
      case FrameKind.Shapes:
        this.#channel.learn(frame);
        break;
      default: {
        const content = new TrueUint8Array(frame.attached?.[0] ?? new TrueArrayBuffer(0));
        this.#handle(cloneFromBytes(content) as ToProcess);
      }
    }
  }

  #handle(message: ToProcess): void {
    switch (message.kind) {
      case 'start':
        if (message.start.claims !== undefined)
          this.#claims = new WorkerClaims(CLAIMS_FD, message.start.claims);
        startOrphanGuard(folder, LIFELINE_FD);
        void this.#runtime.begin(message.start);
        break;
      case 'claims-reset':
        this.#claims?.reset();
        break;
      case 'answer':
        this.#answers.set(++this.#answered, message.yes);
        break;
      default:
        this.#runtime.receive(message);
    }
  }
}
