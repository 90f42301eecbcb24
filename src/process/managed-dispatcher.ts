/**
 * A dispatcher that lives in a thread of its own (`manager.ts`), as the pool's thread sees it.
 *
 *     pool's thread                      manager                     workers
 *       add, spawn, tell … -- message -->  Dispatcher  -- channel -->
 *       events             <-- message --              <-- channel --
 *                          <-- mail word: something was sent
 *
 * Calls go out and outcomes come in while the pool's thread is busy. When it blocks (`resultSync`), it
 * waits for the mail word to change and handles the messages itself.
 *
 * Questions that need an answer now (`cancel`, `running`) wait for it in the same way; other messages
 * that come meanwhile are kept for later, because whoever asks is in the middle of something.
 */
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from 'node:worker_threads';
import { unpackError } from '../codec/error-envelope.ts';
import type { FunctionEntry } from '../protocol/messages.ts';
import type {
  FromManager,
  ManagerAnswer,
  ManagerQuestion,
  ManagerStart,
  ToManager,
} from '../protocol/manager-messages.ts';
import type { ProcessStart, ToProcess } from '../protocol/process-messages.ts';
import { bare } from '../util/bare.ts';
import { Deque } from '../util/deque.ts';
import type { Call } from './call.ts';
import { CallTable } from './call-table.ts';
import type { Dispatch, DispatchEvents, DispatchSettings } from './dispatch.ts';

const script = new URL('../process/manager-entry.cjs', import.meta.url);

/** Milliseconds after which an answer is not waited for any longer: the thread must be dead. */
const LONGEST_ANSWER = 10_000;

export class ManagedDispatcher<Owner> implements Dispatch<Owner> {
  readonly #events: DispatchEvents<Owner>;
  readonly #settings: DispatchSettings;
  readonly #mail = new Int32Array(new SharedArrayBuffer(4));
  readonly calls = new CallTable<Call<Owner>>();
  readonly #lanes = new Set<number>();
  readonly #causes = new Map<number, unknown>();
  /** Messages that came while an answer was waited for. */
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

  laneOf(id: number): number | undefined {
    const lane = this.#ask({ about: 'lane', call: id });
    return typeof lane === 'number' ? lane : undefined;
  }

  pending(): Call<Owner>[] {
    // Nor is the thread started to be asked.
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

  spawn(lane: number, start: Omit<ProcessStart, 'claims'>): void {
    this.#lanes.add(lane);
    this.#post({ kind: 'spawn', lane, start });
  }

  tell(lane: number, message: ToProcess): void {
    this.#post({ kind: 'tell', lane, message });
  }

  widen(lane: number, calls: number): void {
    this.#post({ kind: 'widen', lane, calls });
  }

  blame(lane: number, cause: unknown): void {
    this.#causes.set(lane, cause);
  }

  close(lane: number): void {
    this.#post({ kind: 'close', lane });
    this.#running().ref();
  }

  kill(lane: number, signal: NodeJS.Signals): void {
    this.#post({ kind: 'kill', lane, signal });
    this.#running().ref();
  }

  isIdle(lane: number): boolean {
    return this.#lanes.has(lane) && this.#ask({ about: 'idle', lane }) === true;
  }

  lastWords(lane: number): string | undefined {
    const words = this.#ask({ about: 'last-words', lane });
    return typeof words === 'string' ? words : undefined;
  }

  block(isDone: () => boolean, timeout: number): boolean {
    const until = performance.now() + timeout;
    for (;;) {
      // Read before the messages are: one that comes after them changes it, and ends the wait.
      const mail = Atomics.load(this.#mail, 0);
      this.#deliver();
      const left = until - performance.now();
      if (isDone() || left <= 0) return true;
      Atomics.wait(this.#mail, 0, mail, left);
    }
  }

  end(): void {
    if (this.#thread === undefined) return;
    this.#post({ kind: 'end' });
    this.#thread = undefined;
    this.#port = undefined;
  }

  /** The thread, started when it is first needed. */
  #running(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const { port1, port2 } = new MessageChannel();
    const start: ManagerStart = { ...this.#settings, mail: this.#mail, port: port2 };
    const thread = new Worker(
      script,
      bare({ workerData: start, transferList: [port2], name: 'concurrent-futures manager' }),
    );
    thread.unref();
    thread.on('error', (error) => this.#died(error));
    port1.on('message', (message: FromManager) => {
      this.#inbox.push(message);
      this.#deliver();
    });
    port1.unref();
    this.#thread = thread;
    this.#port = port1;
    for (const entry of this.#functions) this.#post({ kind: 'announce', entry });
    return thread;
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
      const left = until - performance.now();
      if (left <= 0) return undefined;
      Atomics.wait(this.#mail, 0, mail, left);
    }
  }

  #handle(message: FromManager): void {
    switch (message.kind) {
      case 'outcome': {
        const call = this.calls.get(message.frame.number);
        if (call === undefined) return;
        this.calls.delete(call.id);
        this.#events.outcome(message.lane, call, message.frame);
        break;
      }
      case 'shapes':
        this.#events.shapes(message.lane, message.frame);
        break;
      case 'message':
        this.#events.message(message.lane, message.message);
        break;
      case 'leaving':
        this.#events.leaving(message.lane);
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

  #exited({ lane, death, cause, leaving, lost }: Extract<FromManager, { kind: 'exited' }>): void {
    this.#lanes.delete(lane);
    if (this.#lanes.size === 0) this.#thread?.unref();
    const said = this.#causes.get(lane);
    this.#causes.delete(lane);
    const calls = lost.map((id) => this.calls.get(id)).filter((call) => call !== undefined);
    for (const { id } of calls) this.calls.delete(id);
    const error = said ?? (cause === undefined ? undefined : unpackError(cause));
    this.#events.exited(lane, death, error, leaving, calls);
  }

  /** Its workers end with it, because nobody holds their channels any more. */
  #died(error: unknown): void {
    this.#thread = undefined;
    this.#port = undefined;
    const calls = this.calls.all();
    for (const { id } of calls) this.calls.delete(id);
    for (const [index, lane] of [...this.#lanes].entries()) {
      this.#lanes.delete(lane);
      this.#events.exited(lane, {}, error, false, index === 0 ? calls : []);
    }
  }
}
