/**
 * The parent's control of one worker process: start, channel, end.
 *
 *     fd 0  nothing        fd 1  the parent's stdout
 *     fd 2  a pipe: passed on to the parent's stderr, the last lines kept for the error if it dies
 *     fd 3  our channel    fd 4  the claim log    fd 5  closes when the parent is gone
 *
 * The channel is not Node's own: `process.send` and its messages belong to the user's code, and our frames need neither
 * JSON nor strings.
 *
 * A process is gone when the system has reported its exit and all of its output was read. A grandchild may hold its
 * pipes open for longer; the parent does not wait for that.
 */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { existsSync, readSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import type { WorkerDeath } from '../errors.ts';
import { bare, bareRecord } from '../util/bare.ts';
import { PROCESS_MARK, STARTING_WORKER } from '../protocol/worker-mark.ts';

/** Enough for a stack trace. The error quotes the last output of a dead worker. */
const LAST_WORDS = 2048;
/** Bytes of one read. */
const PIECE = 64 * 1024;
/** Milliseconds in which the pipes of a dead process must end. */
const GRACE = 200;

export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly cwd?: string | undefined;
  readonly execArgv?: readonly string[] | undefined;
  readonly execPath?: string | undefined;
}

type Destroy = (error: Error | null, callback: (error?: Error | null) => void) => void;

export interface HandleEvents {
  /** Bytes from the channel. */
  data(chunk: Uint8Array): void;
  /** The channel has taken all its bytes, after {@link ProcessHandle.isFull} was true. */
  drained(): void;
  /** The process is gone, or could not be started (`cause`). Called once. */
  exited(death: WorkerDeath, cause: unknown): void;
}

export class ProcessHandle {
  readonly #child: ChildProcess;
  readonly #channel: Duplex;
  readonly #events: HandleEvents;
  /** The error that ended the worker, from its own last message or from the parent's observation. */
  cause: unknown = undefined;
  #lastWords = '';
  #over = false;
  /** Number of pieces that have come from the channel and from stderr. */
  #chunks = 0;

  /** @throws Error if the system has no process, or no memory, for another. */
  constructor(
    entry: string,
    options: ProcessOptions,
    claims: number | undefined,
    events: HandleEvents,
  ) {
    this.#events = events;
    const { execPath = process.execPath, execArgv = inheritedArguments() } = options;
    const started: SpawnOptions = bare({
      stdio: ['ignore', 'inherit', 'pipe', 'pipe', claims ?? 'ignore', 'pipe'],
      windowsHide: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: bareRecord({
        ...bareRecord(options.env ?? process.env),
        [PROCESS_MARK]: STARTING_WORKER,
      }),
    });
    this.#child = spawn(execPath, [...execArgv, entry], started);
    let refused = false;
    this.#child.once('error', (error) => {
      if (this.#child.pid === undefined && !refused) this.#end({}, explain(error, options));
    });
    // Without a descriptor for its pipes, only the event is still to come.
    const pipes = this.#child.stdio as ChildProcess['stdio'] | undefined;
    refused = pipes === undefined;
    if (pipes === undefined) {
      throw new Error('The system has no file descriptors left for the pipes of another process.');
    }
    this.#channel = pipes[3] as Duplex;
    this.#child.once('exit', (exitCode, signal) => this.#exited(exitCode, signal));
    this.#listen();
    this.#setHolding(false);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The last lines that the worker has written to its stderr. */
  get lastWords(): string | undefined {
    const text = this.#lastWords.trim();
    return text === '' ? undefined : text;
  }

  /** True if written bytes wait here because the worker does not read them. */
  get isFull(): boolean {
    return this.#channel.writableNeedDrain;
  }

  /**
   * Writes to the channel. Bytes that can't be written any more are dropped: the worker's end is reported separately.
   */
  write(pieces: readonly Uint8Array[]): void {
    const channel = this.#channel;
    if (!channel.writable) return;
    if (pieces.length > 1) channel.cork();
    for (const piece of pieces) channel.write(piece);
    if (pieces.length > 1) channel.uncork();
  }

  /** The process waits for the worker's end from now on. */
  hold(): void {
    this.#setHolding(true);
  }

  kill(signal: NodeJS.Signals): void {
    this.#setHolding(true);
    // A stopped process would not get the signal before it continues.
    this.#child.kill(signal);
    if (signal !== 'SIGKILL') this.#child.kill('SIGCONT');
  }

  #listen(): void {
    const { stderr } = this.#child;
    stderr?.on('data', (chunk: Buffer) => {
      this.#chunks++;
      process.stderr.write(chunk);
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-LAST_WORDS);
    });
    const channel = this.#channel;
    channel.on('data', (chunk: Buffer) => {
      this.#chunks++;
      this.#events.data(chunk);
    });
    channel.on('drain', () => this.#events.drained());
    // EPIPE and similar: the worker is gone, or has closed its end; its exit is reported next.
    channel.on('error', () => {});
    this.#readRestBeforeDestroyed();
    channel.once('close', () => this.#channelClosed());
    const lifeline = (this.#child.stdio as unknown as Readable[])[5];
    lifeline?.on('error', () => {});
    // A stream that is not read never ends, and would delay the `close` event of the process.
    lifeline?.resume();
    stderr?.on('error', () => {});
  }

  /**
   * A failed write to an ended worker destroys its channel, and with it the unread output of the worker: outcomes, or
   * the reason why it could not start. The system still has that output.
   */
  #readRestBeforeDestroyed(): void {
    const channel = this.#channel;
    const destroy: Destroy = Reflect.get(channel, '_destroy').bind(channel);
    // The method with which Node destroys a stream, and the last moment before the descriptor is closed.
    Reflect.set(channel, '_destroy', ((error, callback) => {
      const handle = Reflect.get(channel, '_handle') as { readonly fd?: number } | null | undefined;
      const fd = handle?.fd ?? -1;
      if (error !== null && fd >= 0) this.#readRest(fd);
      destroy(error, callback);
    }) satisfies Destroy);
  }

  #readRest(fd: number): void {
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafeSlow(PIECE);
        const length = readSync(fd, chunk);
        if (length === 0) return;
        this.#chunks++;
        this.#events.data(chunk.subarray(0, length));
      }
    } catch {
      // There is no more to read.
    }
  }

  #setHolding(holding: boolean): void {
    const how = holding ? 'ref' : 'unref';
    this.#child[how]();
    for (const stream of this.#child.stdio) {
      (stream as { ref?: () => void; unref?: () => void } | null)?.[how]?.();
    }
  }

  /** A worker without a channel is of no use, whether it has noticed or not. */
  #channelClosed(): void {
    if (this.#over || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const late = setTimeout(() => {
      this.cause ??= new Error('It closed the channel to its parent, and was ended for that.');
      this.kill('SIGKILL');
    }, GRACE);
    this.#child.once('exit', () => clearTimeout(late));
  }

  #exited(exitCode: number | null, signal: NodeJS.Signals | null): void {
    const finish = (): void => {
      clearTimeout(late);
      const { pid } = this.#child;
      const stderr = this.lastWords;
      this.#end(
        {
          ...(pid === undefined ? {} : { pid }),
          ...(exitCode === null ? {} : { exitCode }),
          ...(signal === null ? {} : { signal }),
          ...(stderr === undefined ? {} : { stderr }),
        },
        this.cause,
      );
    };
    const late = setTimeout(() => this.#whenRead(finish), GRACE);
    this.#child.once('close', finish);
  }

  /**
   * A loop that was busy for long runs its timers first: the last output of the worker may still be unread, and settles
   * its calls.
   */
  #whenRead(then: () => void): void {
    const before = this.#chunks;
    setImmediate(() => {
      if (this.#chunks === before) then();
      else this.#whenRead(then);
    });
  }

  #end(death: WorkerDeath, cause: unknown): void {
    if (this.#over) return;
    this.#over = true;
    for (const stream of this.#child.stdio) stream?.destroy();
    this.#events.exited(death, cause);
  }
}

/**
 * The arguments of this process, without those that would make a worker wait for a debugger, or run another program.
 */
function inheritedArguments(): string[] {
  const kept: string[] = [];
  let skip = 0;
  for (const argument of process.execArgv) {
    if (skip > 0) skip--;
    else if (/^(-e|--eval|-p|--print|-pe)$/.test(argument)) skip = 1;
    else if (
      !/^(--inspect|--watch|--test|--eval=|--print=|-i$|--interactive|-c$|--check)/.test(argument)
    )
      kept.push(argument);
  }
  return kept;
}

/** Node reports a missing `cwd` as a missing program. */
function explain(error: Error, { cwd, execPath }: ProcessOptions): Error {
  if (cwd !== undefined && !existsSync(cwd)) {
    return new Error(`The folder given as cwd, '${cwd}', does not exist.`, { cause: error });
  }
  if (execPath !== undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') {
    return new Error(`The program given as execPath, '${execPath}', does not exist.`, {
      cause: error,
    });
  }
  return error;
}
