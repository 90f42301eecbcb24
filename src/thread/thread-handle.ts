/** One worker thread as its parent sees it: how it is started, told things, and ended. */
import {
  type MessagePort,
  MessageChannel,
  receiveMessageOnPort,
  type ResourceLimits,
  Worker,
} from 'node:worker_threads';
import type { WorkerDeath } from '../errors.ts';
import type { ToParent, ToWorker, WorkerStart } from '../protocol/messages.ts';
import { bare, bareRecord } from '../util/bare.ts';

const entry = new URL('../thread/thread-entry.cjs', import.meta.url);

/** Enough for a stack trace; what a worker prints before it dies is quoted in the error. */
const LAST_WORDS = 2048;

export interface ThreadOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly execArgv?: readonly string[] | undefined;
  readonly resourceLimits?: ResourceLimits | undefined;
}

export interface ThreadEvents {
  message(message: ToParent): void;
  exited(death: WorkerDeath): void;
}

export class ThreadHandle {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #events: ThreadEvents;
  #cause: unknown = undefined;
  #lastWords = '';

  constructor(start: WorkerStart, options: ThreadOptions, events: ThreadEvents) {
    const { port1, port2 } = new MessageChannel();
    this.#events = events;
    this.#port = port1;
    const { env, execArgv, resourceLimits } = options;
    this.#worker = new Worker(
      entry,
      bare({
        name: start.name,
        workerData: { start, port: port2 },
        transferList: [port2],
        ...(env === undefined ? {} : { env: bareRecord(env) }),
        ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
        ...(resourceLimits === undefined ? {} : { resourceLimits: bareRecord(resourceLimits) }),
      }),
    );
    this.#worker.unref();
    port1.on('message', (message: ToParent) => events.message(message));
    port1.unref();
    // Beside Node's own forwarding. Not instead of it: a stream that is read by hand keeps the process alive.
    this.#worker.stderr.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-LAST_WORDS);
    });
    this.#worker.on('error', (error: unknown) => {
      this.#cause ??= error;
    });
    this.#worker.on('exit', (exitCode) => {
      const stderr = this.lastWords;
      events.exited({ exitCode, ...(stderr === undefined ? {} : { stderr }) });
      port1.close();
    });
  }

  post(message: ToWorker, transfer: readonly object[] = []): void {
    this.#port.postMessage(message, transfer as ArrayBuffer[]);
  }

  /** Hands over the messages that have arrived and not been delivered. @returns whether there was one. */
  deliver(): boolean {
    let received: { message: ToParent } | undefined;
    try {
      received = receiveMessageOnPort(this.#port);
    } catch {
      // A message that can't be rebuilt. It was somebody's outcome, who will find that it is not there.
      return true;
    }
    if (received === undefined) return false;
    this.#events.message(received.message);
    return true;
  }

  /** The error that ended the worker, as it said itself just before. */
  set cause(error: unknown) {
    this.#cause ??= error;
  }

  /** The last lines that the worker has written to its stderr. */
  get lastWords(): string | undefined {
    const text = this.#lastWords.trim();
    return text === '' ? undefined : text;
  }

  get cause(): unknown {
    return this.#cause;
  }

  /** Asks the worker to end when it has nothing to do; the process waits for it. */
  close(): void {
    this.#worker.ref();
    this.post({ kind: 'close' });
  }

  terminate(): void {
    this.#worker.ref();
    void this.#worker.terminate();
  }
}
