/**
 * The parent's control of one worker thread: start, messages, end.
 *
 * The `exit` event reports a worker's death. While this thread is blocked no event arrives, so a blocked parent looks
 * for dead workers itself ({@link ThreadHandle.lookForEnd}) in the system's list of threads. The index is given to a
 * successor then, so an announced end must not count as an end: both workers would write to the same words. If the
 * system has no such list, a worker counts as dead when its announcement has stood for so long that the pool has
 * terminated it.
 */
import {
  type MessagePort,
  MessageChannel,
  receiveMessageOnPort,
  type ResourceLimits,
  Worker,
} from 'node:worker_threads';
import { fromMessage } from '../codec/message.ts';
import type { WorkerHandle } from '../executor/backend.ts';
import type { PoolWorker } from '../executor/pool-worker.ts';
import type { Future } from '../future/future.ts';
import { Answer, type ToWorker } from '../protocol/messages.ts';
import type { FromThread, ThreadStart, ToThread } from '../protocol/thread-messages.ts';
import { STARTING_WORKER, THREAD_MARK } from '../protocol/worker-mark.ts';
import { bare, bareRecord } from '../util/bare.ts';
import { Departure, type Layout, WorkerWord } from './layout.ts';
import type { Parking } from './parking.ts';
import { isThreadGone } from '../util/system-thread.ts';

const entry = new URL('../thread/thread-entry.cjs', import.meta.url);

/** Enough for a stack trace. The error quotes the last output of a dead worker. */
const LAST_WORDS = 2048;
/** Milliseconds after which a thread with a closed port is not expected to end by itself. */
const LATE = 500;
/** Milliseconds after which a thread that has announced its end has ended; it has two seconds for its exit handlers. */
const BELIEVED = 3000;

export interface ThreadOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly execArgv?: readonly string[] | undefined;
  readonly resourceLimits?: ResourceLimits | undefined;
}

/** The shared memory of a pool, with the parent's views of it. */
export interface SharedMemory {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly layout: Layout;
  readonly parking: Parking;
}

export interface ThreadEvents {
  /** An outcome has arrived as a message. */
  outcome(entry: number, value: unknown): void;
  futureOf(entry: number): Future<unknown> | undefined;
  /** True if the worker has begun a call that is not over. */
  isRunning(): boolean;
}

export class ThreadHandle implements WorkerHandle {
  readonly #worker: PoolWorker;
  readonly #thread: Worker;
  readonly #port: MessagePort;
  readonly #events: ThreadEvents;
  readonly #shared: SharedMemory;
  #lastWords = '';
  #isOver = false;
  #late: NodeJS.Timeout | undefined = undefined;
  /** The time at which a blocked parent first saw the announced end. */
  #saidAt: number | undefined = undefined;

  constructor(
    worker: PoolWorker,
    start: ThreadStart,
    options: ThreadOptions,
    shared: SharedMemory,
    events: ThreadEvents,
  ) {
    const { port1, port2 } = new MessageChannel();
    this.#worker = worker;
    this.#events = events;
    this.#shared = shared;
    this.#port = port1;
    const { env, execArgv, resourceLimits } = options;
    this.#thread = new Worker(
      entry,
      bare({
        name: start.name,
        workerData: { [THREAD_MARK]: STARTING_WORKER, start, port: port2 },
        transferList: [port2],
        ...(env === undefined ? {} : { env: bareRecord(env) }),
        ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
        ...(resourceLimits === undefined ? {} : { resourceLimits: bareRecord(resourceLimits) }),
      }),
    );
    this.#thread.unref();
    port1.on('message', (message: FromThread) => this.#receive(message));
    // The message can't be rebuilt. It was an outcome; the call that needs it finds it missing and fails.
    port1.on('messageerror', () => {});
    port1.on('close', () => this.#portClosed());
    port1.unref();
    // In addition to Node's own forwarding, not instead of it: a stream that is read by hand keeps the process alive.
    this.#thread.stderr.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-LAST_WORDS);
    });
    this.#thread.on('error', (error: unknown) => worker.recordCause(error));
    this.#thread.on('exit', (exitCode) => this.#exited(exitCode));
  }

  post(message: ToWorker): void {
    this.send(message);
    const { words, layout } = this.#shared;
    const mail = layout.workerWords(this.#worker.index) + WorkerWord.Mail;
    Atomics.add(words, mail, 1);
    Atomics.notify(words, mail);
  }

  /** Sends a message without waking a blocked worker. */
  send(message: ToThread, transfer: readonly object[] = []): void {
    this.#port.postMessage(message, transfer as ArrayBuffer[]);
  }

  /** Delivers one message that has arrived. @returns true if there was one. */
  deliver(): boolean {
    let received: { message: FromThread } | undefined;
    try {
      received = receiveMessageOnPort(this.#port);
    } catch {
      // The message can't be rebuilt. It was an outcome; the call that needs it finds it missing and fails.
      return true;
    }
    if (received === undefined) return false;
    this.#receive(received.message);
    return true;
  }

  get lastWords(): string | undefined {
    const text = this.#lastWords.trim();
    return text === '' ? undefined : text;
  }

  close(): void {
    this.#thread.ref();
    this.post({ kind: 'close' });
  }

  terminate(): void {
    this.#thread.ref();
    void this.#thread.terminate();
  }

  futureOf(entryOfCall: number): Future<unknown> | undefined {
    return this.#events.futureOf(entryOfCall);
  }

  isIdle(): boolean {
    return this.#shared.parking.isIdle(this.#worker.index);
  }

  isRunning(): boolean {
    return this.#events.isRunning();
  }

  setWaiting(): void {
    // The worker itself takes calls from the queue while its task waits.
  }

  /** While this thread is blocked, no event reports a worker's end. */
  lookForEnd(): void {
    const says = this.#word(WorkerWord.Departing) !== Departure.None;
    this.#saidAt = says ? (this.#saidAt ?? performance.now()) : undefined;
    const id = this.#word(WorkerWord.ThreadId);
    const isGone =
      id === 0
        ? this.#saidAt !== undefined && performance.now() - this.#saidAt > BELIEVED
        : isThreadGone(id);
    if (isGone) this.#exited(says ? this.#word(WorkerWord.ExitCode) : undefined);
  }

  #receive(message: FromThread): void {
    if (message.kind === 'outcome') this.#events.outcome(message.entry, fromMessage(message.value));
    else {
      const word = message.kind === 'request' ? message.answer : undefined;
      this.#worker.receive(message, (yes) => answer(word, yes));
    }
  }

  /** A worker without its port is of no use; a task must have closed it. */
  #portClosed(): void {
    if (this.#isOver) return;
    // An ending thread closes its port first; its exit is reported a moment later.
    this.#late = setTimeout(() => {
      const text = 'It closed the port to its parent, and was ended for that.';
      this.#worker.recordCause(new Error(text));
      void this.#thread.terminate();
    }, LATE).unref();
  }

  #exited(exitCode: number | undefined): void {
    if (this.#isOver) return;
    while (this.deliver());
    this.#isOver = true;
    clearTimeout(this.#late);
    const retired = this.#word(WorkerWord.Departing) === Departure.Retired;
    const stderr = this.lastWords;
    this.#worker.exited(
      {
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(stderr === undefined ? {} : { stderr }),
      },
      retired,
    );
    this.#port.close();
  }

  #word(word: number): number {
    const { words, layout } = this.#shared;
    return Atomics.load(words, layout.workerWords(this.#worker.index) + word);
  }
}

/** Wakes a worker that waits for the answer to its request. */
function answer(word: Int32Array | undefined, yes: boolean): void {
  if (word === undefined) return;
  Atomics.store(word, 0, yes ? Answer.Yes : Answer.No);
  Atomics.notify(word, 0);
}
