/**
 * What a worker process does: takes calls off the channel, claims them, runs them, sends outcomes.
 *
 *     pump:  next call -> claim -> rebuild arguments -> run -> write outcome down -> send -> next …
 *
 * One call at a time: an async task occupies its worker until it settles. The event loop gets its turn
 * about every millisecond however many calls there are, and for as long as it likes while there is
 * none.
 *
 * The process belongs to the user's code but for three things: descriptors 3 to 5, a thread that waits
 * for the parent's end, and SIGINT, which a terminal sends to the parent and all of its workers. It
 * is for the parent to decide what it means.
 */
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { betweenProcesses } from '../codec/process-channel.ts';
import { cloneFromBytes } from '../codec/clone.ts';
import { packError } from '../codec/error-envelope.ts';
import { ValueReader } from '../codec/value-reader.ts';
import { PicklingError } from '../errors.ts';
import type { ProcessStart, ToProcess } from '../protocol/process-messages.ts';
import { setWorkerLink } from '../protocol/worker-link.ts';
import { Deque } from '../util/deque.ts';
import { isThenable } from '../util/thenable.ts';
import { FunctionTable } from '../worker/function-table.ts';
import { callableOf } from '../worker/callable.ts';
import type { AnyFunction } from '../worker/import-function.ts';
import { withCapturedOutput } from '../worker/output-capture.ts';
import { runChunk } from '../worker/run-chunk.ts';
import { Turn } from '../worker/turn.ts';
import { WorkerClaims } from './claim-log.ts';
import type { Frame } from '../protocol/frame.ts';
import { Flag, Kind } from './frame.ts';
import { startOrphanGuard } from './orphan-guard.ts';
import { OutcomeSender } from './outcome-sender.ts';
import { ProcessLink } from './process-link.ts';
import { INSTANT, Tempos } from './tempo.ts';
import { CLAIMS_FD, LIFELINE_FD, WorkerChannel } from './worker-channel.ts';

/** A call in this worker's hands. */
interface ReceivedCall {
  readonly frame: Frame;
  /** Which of the calls sent to this worker it is. */
  readonly place: number;
}

/**
 *     IDLE     -> PUMPING   a call has arrived
 *     PUMPING  -> IDLE      no call is left
 *     PUMPING  -> TURNING   the turn is over: the event loop goes first
 *     PUMPING  -> LEFT      a call goes on by itself: its promise settles later, its module is imported
 *     TURNING  -> PUMPING   the event loop has had its turn
 *     LEFT     -> PUMPING   that call is done, or waits for a call of the same pool
 */
const IDLE = 0;
const PUMPING = 1;
const TURNING = 2;
const LEFT = 3;
type PumpState = typeof IDLE | typeof PUMPING | typeof TURNING | typeof LEFT;

/** How many calls that take less than claiming them are claimed at once. */
const TOGETHER = 32;

/** A pipe that is full takes what was printed later, and leaving at once would cut it off. */
function exitWhenWritten(): void {
  whenWritten(process.stdout, () => whenWritten(process.stderr, () => process.exit(0)));
}

function whenWritten(stream: Writable, then: () => void): void {
  // Not the stream's own: programs put something else there, which may never call back.
  if (stream.writableLength > 0) Writable.prototype.write.call(stream, '', 'utf8', then);
  else then();
}

export class ProcessWorker {
  readonly #channel: WorkerChannel;
  readonly #reader = new ValueReader(new ArrayBuffer(0));
  readonly #calls = new Deque<ReceivedCall>();
  readonly #tempos = new Tempos();
  readonly #turn = new Turn();
  readonly #link: ProcessLink;
  #functions = new FunctionTable(0);
  #outcomes: OutcomeSender;
  #claims: WorkerClaims | undefined = undefined;
  #name = '';
  #state: PumpState = LEFT;
  #lastPlace = 0;
  /** Calls begun and not done: more than one only while tasks wait for calls of their own pool. */
  #running = 0;
  #closing = false;

  constructor() {
    this.#channel = new WorkerChannel({
      frame: (frame) => this.#receive(frame),
      read: () => this.#wake(),
      drained: () => this.#wake(),
      closed: () => process.exit(0),
    });
    this.#outcomes = new OutcomeSender(this.#channel, '');
    this.#link = new ProcessLink({
      send: (request) => this.#channel.tell({ kind: 'request', request }),
      read: (timeout) => this.#channel.readNow(timeout),
      takeMore: () => this.#resume(),
    });
  }

  run(): void {
    process.on('SIGINT', () => {});
    process.once('exit', () => {
      const next = this.#calls.peek();
      if (next !== undefined) this.#claims?.release(next.place);
      this.#channel.flush();
    });
    process.on('uncaughtExceptionMonitor', (error) => {
      const text = 'code outside any task';
      this.#channel.tell({
        kind: 'dying',
        error: packError(error, this.#name, text, betweenProcesses),
      });
    });
    setWorkerLink(this.#link);
  }

  async #begin(start: ProcessStart): Promise<void> {
    const { name, initializer, importTimeout, claims } = start;
    this.#name = name;
    this.#link.name = name;
    this.#functions = new FunctionTable(importTimeout);
    this.#outcomes = new OutcomeSender(this.#channel, name);
    if (claims !== undefined) this.#claims = new WorkerClaims(CLAIMS_FD, claims);
    startOrphanGuard(dirname(process.argv[1] ?? ''), LIFELINE_FD);
    if (initializer !== undefined) {
      try {
        const { source } = initializer.fn;
        const { fn, args } = await callableOf(source, initializer.args, importTimeout, true);
        await fn(...args);
      } catch (error) {
        const task = `the initializer ${initializer.fn.name}`;
        this.#channel.tell({
          kind: 'start-failed',
          error: packError(error, name, task, betweenProcesses),
        });
        process.exit(1);
      }
    }
    this.#channel.tell({ kind: 'ready' });
    this.#resume();
  }

  #receive(frame: Frame): void {
    switch (frame.kind) {
      case Kind.Call:
        this.#calls.push({ frame, place: ++this.#lastPlace });
        break;
      case Kind.Shapes:
        this.#channel.learn(frame);
        break;
      default:
        this.#heed(
          cloneFromBytes(new Uint8Array(frame.attached?.[0] ?? new ArrayBuffer(0))) as ToProcess,
        );
    }
  }

  #heed(message: ToProcess): void {
    switch (message.kind) {
      case 'start':
        void this.#begin(message.start);
        break;
      case 'function':
        this.#functions.add(message.entry);
        break;
      case 'claims-reset':
        this.#claims?.reset();
        break;
      case 'settled':
        this.#link.onSettled?.(message.call, message.outcome);
        break;
      case 'answer':
        this.#link.answered(message.yes);
        break;
      case 'close':
        this.#closing = true;
        break;
      default:
        message satisfies never;
    }
  }

  /** Something has arrived, or there is room for outcomes again. */
  #wake(): void {
    if (this.#state !== IDLE) return;
    this.#turn.begin();
    this.#pump();
  }

  /** The pump goes on after a call that it was left for, unless it has gone on already. */
  #resume(): void {
    if (this.#state === LEFT) this.#pump();
  }

  #pump(): void {
    this.#state = PUMPING;
    while (!this.#turn.isOver) {
      const call = this.#channel.isStuck ? undefined : this.#next();
      if (call === undefined) {
        this.#channel.flush();
        this.#state = IDLE;
        if (this.#closing && this.#isDone()) exitWhenWritten();
        return;
      }
      this.#turn.count();
      this.#running++;
      if (!this.#serve(call.frame)) {
        this.#channel.flush();
        this.#state = LEFT;
        return;
      }
    }
    this.#channel.flush();
    this.#state = TURNING;
    setImmediate(() => {
      this.#turn.next();
      this.#pump();
    });
  }

  /** Whether there is nothing left to run, and nothing left to send. */
  #isDone(): boolean {
    return this.#calls.length === 0 && this.#running === 0 && !this.#channel.isStuck;
  }

  /** The next call, claimed; calls that the parent has taken back are passed over. */
  #next(): ReceivedCall | undefined {
    for (let call = this.#calls.shift(); call !== undefined; call = this.#calls.shift()) {
      this.#claim(call);
      if (this.#claims?.isTaken(call.place) !== true) return call;
    }
    return undefined;
  }

  #claim({ frame, place }: ReceivedCall): void {
    // What is done should not wait for what may take long.
    if (this.#tempos.delay(frame.extra) === 0) this.#channel.flush();
    if (this.#claims === undefined || this.#claims.has(place)) return;
    let last = place;
    if (this.#tempos.of(frame.extra) === INSTANT) {
      last += this.#calls.lengthWhile((each) => each.frame.extra === frame.extra, TOGETHER);
    }
    this.#claims.claim(last);
  }

  /** @returns whether the call is done, so that the pump can go on with the next. */
  #serve(frame: Frame): boolean {
    const id = frame.extra;
    let args: unknown[];
    try {
      args = this.#argumentsOf(frame);
    } catch (cause) {
      const error = new PicklingError('The arguments could not be rebuilt in the worker.', {
        cause,
      });
      this.#fail(frame, error);
      return true;
    }
    const fn = this.#functions.get(id);
    if (fn !== undefined) return this.#run(frame, fn, args);
    return this.#functions.carryOn(
      { id, args, alone: this.#running === 1 },
      (made, list) => this.#run(frame, made, list),
      (error) => this.#fail(frame, error),
      () => this.#resume(),
    );
  }

  #argumentsOf({ attached, flags, bytes, start }: Frame): unknown[] {
    if (attached === undefined) throw new Error('There is not enough memory for them.');
    if ((flags & Flag.Cloned) !== 0)
      return cloneFromBytes(new Uint8Array(attached.at(-1) ?? new ArrayBuffer(0))) as unknown[];
    this.#reader.over(bytes, start, attached);
    return this.#reader.readAll(start, this.#channel.shapes);
  }

  #run(frame: Frame, fn: AnyFunction, args: unknown[]): boolean {
    const began = performance.now();
    let result: unknown;
    try {
      if ((frame.flags & Flag.Captured) !== 0) result = this.#captured(frame, fn, args);
      else if ((frame.flags & Flag.Chunk) !== 0)
        result = runChunk(fn, args, this.#name, this.#taskName(frame), betweenProcesses);
      else result = fn(...args);
      if (isThenable(result)) {
        // Promise.resolve and not result.then: a thenable may call back twice, or synchronously.
        Promise.resolve(result).then(
          (value) => {
            this.#finish(frame, value, began);
            this.#resume();
          },
          (error: unknown) => {
            this.#fail(frame, error);
            this.#resume();
          },
        );
        return false;
      }
    } catch (error) {
      this.#fail(frame, error);
      return true;
    }
    this.#finish(frame, result, began);
    return true;
  }

  #captured({ number }: Frame, fn: AnyFunction, args: unknown[]): unknown {
    return withCapturedOutput(
      (stream, text) => this.#channel.tell({ kind: 'output', call: number, stream, text }),
      () => fn(...args),
    );
  }

  #finish(frame: Frame, value: unknown, began: number): void {
    this.#tempos.note(frame.extra, performance.now() - began);
    this.#outcomes.finish(frame, value, this.#taskName(frame), this.#tempos.of(frame.extra));
    this.#ended(frame);
  }

  #fail(frame: Frame, error: unknown): void {
    this.#outcomes.fail(frame, error, this.#taskName(frame), this.#tempos.of(frame.extra));
    this.#ended(frame);
  }

  #ended(frame: Frame): void {
    this.#running--;
    const delay = this.#tempos.delay(frame.extra);
    if (this.#state !== PUMPING || this.#channel.age >= delay) this.#channel.flush();
  }

  #taskName(frame: Frame): string {
    return this.#functions.nameOf(frame.extra);
  }
}
