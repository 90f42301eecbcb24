/**
 * The signals of the calls that run in this worker, and the way on which the host aborts one: a local socket, because
 * that reaches threads and processes alike.
 *
 * A run may be aborted before it has begun here, because the message is faster than the call: so aborts of unknown runs
 * are kept for a while.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { connect } from 'node:net';
import { setSignalSource } from '../protocol/signal-source.ts';
import type { WireValue } from '../cluster/call-format.ts';
import { fromWire } from '../cluster/wire-value.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import { isThenable } from '../util/thenable.ts';

/** A line on the socket. */
export interface AbortMessage {
  /** Each run of a call has a name of its own. */
  readonly run: string;
  readonly reason: WireValue;
}

/** Made at the first use: most tasks never use their signal, and making one takes longer than the rest of this file. */
class RunSignal {
  #controller: AbortController | undefined = undefined;

  get signal(): AbortSignal {
    return this.#make().signal;
  }

  abort({ reason }: AbortMessage): void {
    this.#make().abort(read(reason));
  }

  #make(): AbortController {
    return (this.#controller ??= new AbortController());
  }
}

/** An unreadable reason is omitted; it must not end this worker. */
function read(reason: WireValue): unknown {
  try {
    return fromWire(reason);
  } catch {
    return undefined;
  }
}

const running = new Map<string, RunSignal>();
const early = new BoundedMap<string, AbortMessage>(1_000);
const signals = new AsyncLocalStorage<RunSignal>();
let listening = false;

setSignalSource(() => signals.getStore()?.signal);

/** Runs `fn` as `run`: in it, and in its later continuations, `currentSignal()` is the signal of the call. */
export function withSignal<T>(run: string, socket: string, fn: () => T): T | Promise<Awaited<T>> {
  listen(socket);
  const signal = new RunSignal();
  running.set(run, signal);
  const before = early.get(run);
  if (before !== undefined) signal.abort(before);
  let goesOn = false;
  try {
    const result = signals.run(signal, fn);
    goesOn = isThenable(result);
    return goesOn ? outcomeOf(run, result) : result;
  } finally {
    if (!goesOn) running.delete(run);
  }
}

/** Awaited: `await` reads the outcome of a native promise itself, with any `then` that the task has given it. */
async function outcomeOf<T>(run: string, result: T): Promise<Awaited<T>> {
  try {
    return await result;
  } finally {
    running.delete(run);
  }
}

function listen(socket: string): void {
  if (listening) return;
  listening = true;
  const stream = connect(socket).unref();
  // The host is gone, and this worker will end.
  stream.on('error', () => {});
  // Not by `readline`, which also ends lines at characters that may be in a reason.
  let begun = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const [first = '', ...others] = text.split('\n');
    const lines = [begun + first, ...others];
    begun = lines.pop() ?? '';
    for (const line of lines) abort(JSON.parse(line) as AbortMessage);
  });
}

function abort(message: AbortMessage): void {
  const signal = running.get(message.run);
  if (signal === undefined) early.set(message.run, message);
  else signal.abort(message);
}
