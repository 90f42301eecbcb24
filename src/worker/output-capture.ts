/**
 * Sends the output of a task on stdout and stderr to its caller instead of printing it.
 *
 * The output is assigned by async context, so that tasks that run side by side in one worker, or continue after an
 * await, keep their output apart. Output that does not go through the streams of `process` (written to descriptor 1,
 * by native code, by a process that the task starts) is printed as usual.
 *
 * A task may replace `process.stdout.write`. While its function is there, it gets all output, as in any program. If
 * the task leaves it there, the output of the next call is captured all the same: the function gets the output of
 * other code.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Console } from 'node:console';
import { StringDecoder } from 'node:string_decoder';
import { isUint8Array } from 'node:util/types';
import {
  apply,
  bufferFrom,
  defineProperty,
  globalObject,
  nextTick,
  reflectSet,
  standardStream,
  trueProcess,
  uncurryThis,
} from '../util/primordials.ts';
import { isThenable } from '../util/thenable.ts';

export type OutputStream = 'stdout' | 'stderr';
export type OutputSink = (stream: OutputStream, text: string) => void;

interface Capture {
  readonly sink: OutputSink;
  /** True until the task is done. Later output of its code belongs to no call and is dropped. */
  open: boolean;
  /** A chunk of bytes may end in the middle of a character. */
  readonly decoders: Record<OutputStream, StringDecoder>;
}

type Write = (...args: unknown[]) => unknown;

// oxlint-disable typescript/unbound-method -- they are given their `this` later
// primordials: taken when the script is loaded, before any task.
const { getStore, run } = AsyncLocalStorage.prototype as AsyncLocalStorage<Capture>;
const captureOf = uncurryThis(getStore);
const runWith = uncurryThis(run) as (
  storage: AsyncLocalStorage<Capture>,
  capture: Capture,
  fn: () => unknown,
) => unknown;
// primordials: taken when the script is loaded, before any task.
const decode = uncurryThis(StringDecoder.prototype.write);
// oxlint-enable typescript/unbound-method

let captures: AsyncLocalStorage<Capture> | undefined;
/** The functions that have replaced the `write` of the streams. */
const writers: Partial<Record<OutputStream, Write>> = {};

/** Runs `fn` and passes its output to `sink`, until `fn` has returned and its promise, if there is one, is settled. */
export function withCapturedOutput(sink: OutputSink, fn: () => unknown): unknown {
  captures ??= makeCaptures();
  watch('stdout', captures);
  watch('stderr', captures);
  const decoders = { stdout: new StringDecoder(), stderr: new StringDecoder() };
  const capture = { sink, open: true, decoders };
  let waits = false;
  try {
    const result = runWith(captures, capture, fn);
    if (!isThenable(result)) return result;
    waits = true;
    return closeAfter(result, capture);
  } finally {
    if (!waits) capture.open = false;
  }
}

async function closeAfter(result: PromiseLike<unknown>, capture: Capture): Promise<unknown> {
  try {
    return await result;
  } finally {
    capture.open = false;
  }
}

function makeCaptures(): AsyncLocalStorage<Capture> {
  const { bun, deno } = trueProcess.versions as Record<string, string | undefined>;
  // The consoles of these runtimes do not use the streams of `process`.
  if (bun !== undefined || deno !== undefined) {
    const console = new Console(standardStream.stdout(), standardStream.stderr());
    reflectSet(globalObject, 'console', console);
  }
  return new AsyncLocalStorage();
}

/** Replaces the stream's `write`, unless the replacement is in place already. */
function watch(name: OutputStream, storage: AsyncLocalStorage<Capture>): void {
  const stream: object & { write: unknown } = standardStream[name]();
  const before = stream.write;
  if (before === writers[name] || typeof before !== 'function') return;
  const print = (args: unknown[]): unknown => apply(before as Write, stream, args);
  const value: Write = (...args) => {
    const capture = captureOf(storage);
    if (capture === undefined) return print(args);
    const text = textOf(args[0], capture.decoders[name]);
    if (text === undefined) return print(args);
    if (text !== '' && capture.open) capture.sink(name, text);
    const done = args[args.length - 1];
    if (typeof done === 'function') nextTick(done);
    return true;
  };
  const property = { __proto__: null, value, writable: true, enumerable: true, configurable: true };
  // Has no effect if a task has frozen the stream.
  if (defineProperty(stream, 'write', property)) writers[name] = value;
}

/** Undefined if the chunk is invalid: the stream itself reports the error. */
function textOf(chunk: unknown, decoder: StringDecoder): string | undefined {
  if (typeof chunk === 'string') return chunk;
  return isUint8Array(chunk) ? decode(decoder, bufferFrom(chunk)) : undefined;
}
