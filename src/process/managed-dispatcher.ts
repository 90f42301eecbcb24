/**
 * The pool's side of a dispatcher that runs in a thread of its own (`manager.ts`).
 *
 *     pool's thread                      manager                     workers
 *       add, spawn, tell … -- message -->  Dispatcher  -- channel -->
 *       events             <-- message --              <-- channel --
 *                          <-- mail word: something was sent
 *
 * Calls go out and outcomes come in while the pool's thread is busy. When it blocks (`resultSync`), it
 * waits for the mail word to change and handles the messages itself.
 *
 * Questions that need an answer at once (`cancel`, `running`) wait for it in the same way. Other messages that arrive
 * meanwhile are kept for later, because the asking code is in the middle of its work.
 */
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from 'node:worker_threads';
import { unpackError } from '../codec/error-envelope.ts';
import { ExecutorError } from '../errors.ts';
import type { FunctionEntry } from '../protocol/messages.ts';
import type {
  FromManager,
  ManagerAnswer,
  ManagerQuestion,
  ManagerStart,
  ToManager,
} from '../protocol/manager-messages.ts';
import type { ProcessStart, ToProcess } from '../protocol/process-messages.ts';
import { STARTING_WORKER, THREAD_MARK } from '../protocol/worker-mark.ts';
import { bare } from '../util/bare.ts';
import { Deque } from '../util/deque.ts';
import { isThreadGone } from '../util/system-thread.ts';
import { reason } from '../util/validate.ts';
import type { Call } from './call.ts';
import { CallTable } from './call-table.ts';
import type { Dispatch, DispatchEvents, DispatchSettings } from './dispatch.ts';

const script = new URL('../process/manager-entry.cjs', import.meta.url);

/** Milliseconds after which an answer is not expected any more: the thread must be dead. */
const LONGEST_ANSWER = 10_000;
/** Milliseconds between two looks around of a thread that is blocked. */
const SILENCE = 50;

export class ManagedDispatcher<Owner> implements Dispatch<Owner> {
  readonly #events: DispatchEvents<Owner>;
  readonly #settings: DispatchSettings;
  #mail = new Int32Array(new SharedArrayBuffer(12));
  readonly calls = new CallTable<Call<Owner>>();
  readonly #workers = new Set<number>();
  /** Messages that arrived during the wait for an answer. */
  readonly #inbox = new Deque<FromManager>();
  readonly #functions: FunctionEntry[] = [];
  #thread: Worker | undefined = undefined;
  #port: MessagePort | undefined = undefined;
  #questions = 0;

  constructor(settings: DispatchSettings, events: DispatchEvents<Owner>) {
    this.#settings = settings;
    this.#events = events;
  }

  add(call: Call<Owner>): void {
    this.#running();
    this.calls.set(call);
    const { page, start, end, attached } = call;
    const bytes = new Uint8Array(page.subarray(start, end));
    const buffers = attached.map((each) => each.buffer as ArrayBuffer);
    this.#post({ kind: 'call', id: call.id, fn: call.fn, bytes, attached }, [
      bytes.buffer,
      ...buffers,
    ]);
  }

  withdraw(id: number): boolean {
    if (!this.calls.has(id) || this.#ask({ about: 'withdraw', call: id }) !== true) return false;
    this.calls.delete(id);
    return true;
  }

  hasBegun(id: number): boolean {
    return this.calls.has(id) && this.#ask({ about: 'begun', call: id }) === true;
  }

  workerOf(id: number): number | undefined {
    const worker = this.#ask({ about: 'worker', call: id });
    return typeof worker === 'number' ? worker : undefined;
  }

  pending(): Call<Owner>[] {
    // The thread is not started for a question.
    if (this.calls.size === 0) return [];
    const ids = this.#ask({ about: 'pending' });
    if (!Array.isArray(ids)) return [];
    return ids
      .map((id: number) => this.calls.get(id))
      .filter((call): call is Call<Owner> => call !== undefined);
  }

  announce(entry: FunctionEntry): void {
    this.#functions.push(entry);
    if (this.#thread !== undefined) this.#post({ kind: 'announce', entry });
  }

  spawn(worker: number, start: Omit<ProcessStart, 'claims' | 'functions'>): void {
    this.#post({ kind: 'spawn', worker, start });
    this.#workers.add(worker);
  }

  tell(worker: number, message: ToProcess): void {
    this.#post({ kind: 'tell', worker, message });
  }

  setWaiting(worker: number, calls: number, blocked: boolean): void {
    this.#post({ kind: 'set-waiting', worker, calls, blocked });
  }

  close(worker: number): void {
    this.#post({ kind: 'close', worker });
    this.#thread?.ref();
  }

  kill(worker: number, signal: NodeJS.Signals): void {
    this.#post({ kind: 'kill', worker, signal });
    this.#thread?.ref();
  }

  isIdle(worker: number): boolean {
    return this.#workers.has(worker) && this.#ask({ about: 'idle', worker }) === true;
  }

  lastWords(worker: number): string | undefined {
    const words = this.#ask({ about: 'last-words', worker });
    return typeof words === 'string' ? words : undefined;
  }

  block(isDone: () => boolean, timeout: number, lookAround: () => void): boolean {
    const until = performance.now() + timeout;
    let lookAt = performance.now() + SILENCE;
    for (;;) {
      // Read before the messages: a message that comes after them changes the word, and ends the wait.
      const mail = Atomics.load(this.#mail, 0);
      this.#deliver();
      const left = until - performance.now();
      if (isDone() || left <= 0) return true;
      Atomics.wait(this.#mail, 0, mail, Math.min(left, SILENCE));
      if (performance.now() < lookAt) continue;
      lookAt = performance.now() + SILENCE;
      this.#lookForEnd();
      lookAround();
    }
  }

  end(): void {
    if (this.#thread === undefined) return;
    this.#post({ kind: 'end' });
    this.#thread = undefined;
    this.#port = undefined;
  }

  /** Starts the thread when it is first needed. @throws ExecutorError if the system can't start one. */
  #running(): void {
    if (this.#thread !== undefined) return;
    const { port1, port2 } = new MessageChannel();
    this.#mail = new Int32Array(new SharedArrayBuffer(12));
    const start: ManagerStart = { ...this.#settings, mail: this.#mail, port: port2 };
    let thread: Worker;
    try {
      // Marked as a worker that never leaves its start: preloaded modules run in this thread, too.
      const workerData = { ...start, [THREAD_MARK]: STARTING_WORKER };
      const name = 'concurrent-futures manager';
      thread = new Worker(script, bare({ workerData, transferList: [port2], name }));
    } catch (cause) {
      throw new ExecutorError(
        `The thread that manages worker processes could not be started: ${reason(cause)} ` +
          "Allow this program worker threads, or leave out { manager: 'thread' }.",
        { code: 'ERR_WORKER_START', cause },
      );
    }
    thread.unref();
    thread.on('error', (error) => this.#died(thread, error));
    thread.on('exit', () => this.#died(thread, new Error('It ended.')));
    port1.on('message', (message: FromManager) => {
      this.#inbox.push(message);
      this.#deliver();
    });
    port1.unref();
    this.#thread = thread;
    this.#port = port1;
    for (const entry of this.#functions) this.#post({ kind: 'announce', entry });
  }

  #post(message: ToManager, transfer: ArrayBuffer[] = []): void {
    this.#running();
    this.#port?.postMessage(message, transfer);
  }

  /** Handles the messages that have arrived, in their order. */
  #deliver(): void {
    for (;;) {
      const message = this.#inbox.shift() ?? this.#received();
      if (message === undefined) return;
      this.#handle(message);
    }
  }

  #received(): FromManager | undefined {
    if (this.#port === undefined) return undefined;
    const received: { message: FromManager } | undefined = receiveMessageOnPort(this.#port);
    return received?.message;
  }

  #ask(question: ManagerQuestion): ManagerAnswer {
    const number = ++this.#questions;
    this.#post({ kind: 'ask', number, question });
    const until = performance.now() + LONGEST_ANSWER;
    for (;;) {
      const mail = Atomics.load(this.#mail, 0);
      for (let next = this.#received(); next !== undefined; next = this.#received()) {
        if (next.kind === 'answer' && next.number === number) {
          if (this.#inbox.length > 0) setImmediate(() => this.#deliver());
          return next.answer;
        }
        this.#inbox.push(next);
      }
      if (performance.now() >= until || this.#hasEnded()) return undefined;
      Atomics.wait(this.#mail, 0, mail, SILENCE);
    }
  }

  #handle(message: FromManager): void {
    switch (message.kind) {
      case 'outcome': {
        const call = this.calls.get(message.frame.number);
        if (call === undefined) return;
        this.calls.delete(call.id);
        this.#events.outcome(message.worker, call, message.frame);
        break;
      }
      case 'shapes':
        this.#events.shapes(message.worker, message.frame);
        break;
      case 'message':
        this.#events.message(message.worker, message.message);
        break;
      case 'leaving':
        this.#events.leaving(message.worker);
        break;
      case 'emptied':
        this.#events.emptied(message.worker);
        break;
      case 'exited':
        this.#exited(message);
        break;
      case 'answer':
        break;
      default:
        message satisfies never;
    }
  }

  #exited({ worker, death, cause, leaving, lost }: Extract<FromManager, { kind: 'exited' }>): void {
    this.#workers.delete(worker);
    if (this.#workers.size === 0) this.#thread?.unref();
    const calls = lost.map((id) => this.calls.get(id)).filter((call) => call !== undefined);
    for (const { id } of calls) this.calls.delete(id);
    const error = cause === undefined ? undefined : unpackError(cause);
    this.#events.exited(worker, death, error, leaving, calls);
  }

  /** True if the thread has ended; a blocked thread gets no `error` and `exit` events. */
  #hasEnded(): boolean {
    return (
      this.#thread === undefined ||
      Atomics.load(this.#mail, 2) === 1 ||
      isThreadGone(Atomics.load(this.#mail, 1))
    );
  }

  #lookForEnd(): void {
    if (this.#thread !== undefined && this.#hasEnded())
      this.#died(this.#thread, new Error('The thread that manages worker processes has ended.'));
  }

  /** The workers of a dead manager end with it, because their channels are closed. */
  #died(thread: Worker, error: unknown): void {
    if (this.#thread !== thread) return;
    // The messages it sent before are valid.
    this.#deliver();
    this.#thread = undefined;
    this.#port = undefined;
    const calls = this.calls.all();
    for (const { id } of calls) this.calls.delete(id);
    for (const [index, worker] of [...this.#workers].entries()) {
      this.#workers.delete(worker);
      this.#events.exited(worker, {}, error, false, index === 0 ? calls : []);
    }
  }
}
