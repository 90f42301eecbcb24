/**
 * The signals of the calls that run in this worker, and the way on which the host says that one is to be
 * aborted: a local socket, because that reaches threads and processes alike.
 *
 * A run may be aborted before it has begun here, by a message that is faster than the call: so those that
 * are not known are remembered for a while.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setSignalSource } from '../protocol/signal-source.ts';
import type { WireValue } from '../cluster/call-format.ts';
import { fromWire } from '../cluster/wire-value.ts';
import { BoundedMap } from '../util/bounded-map.ts';

/** A line on the socket. */
export interface AbortMessage {
  /** Each run of a call has a name of its own. */
  readonly run: string;
  readonly reason: WireValue;
}

const running = new Map<string, AbortController>();
const early = new BoundedMap<string, AbortMessage>(1_000);
const signals = new AsyncLocalStorage<AbortSignal>();
let listening = false;

setSignalSource(() => signals.getStore());

/** Runs `fn` as `run`: in it, and in what it goes on with later, `currentSignal()` is the call's. */
export async function withSignal<T>(run: string, socket: string, fn: () => T): Promise<Awaited<T>> {
  listen(socket);
  const controller = new AbortController();
  running.set(run, controller);
  const before = early.get(run);
  if (before !== undefined) abort(before);
  try {
    return await signals.run(controller.signal, fn);
  } finally {
    running.delete(run);
  }
}

function listen(socket: string): void {
  if (listening) return;
  listening = true;
  const stream = connect(socket).unref();
  // The host is gone, and this worker is about to be.
  stream.on('error', () => {});
  createInterface(stream).on('line', (line) => abort(JSON.parse(line) as AbortMessage));
}

function abort(message: AbortMessage): void {
  const controller = running.get(message.run);
  if (controller === undefined) early.set(message.run, message);
  else controller.abort(fromWire(message.reason));
}
