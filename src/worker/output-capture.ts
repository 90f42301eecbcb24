/**
 * What a task writes to stdout and stderr, told to its caller instead of being printed.
 *
 * By async context, so that tasks that run side by side in one worker, or that go on after an await, each
 * have their own. What is written past the streams of `process` (to descriptor 1 by hand, by native code, by
 * a process that the task starts) is printed as ever.
 *
 * A task may put a function of its own in the place of `process.stdout.write`. What is written while it is there goes
 * to that function, as in any program. If the task leaves it there, the next call whose output is captured has its
 * output captured all the same: the function gets what other code prints.
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
  /** Until the task is over. What code of it writes later is nobody's, and dropped. */
  open: boolean;
  /** Bytes may be cut in the middle of a character. */
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
/** What is in the place of a stream's `write`. */
const writers: Partial<Record<OutputStream, Write>> = {};

/** Runs `fn`, and tells `sink` what it writes, until it has returned and the promise that it returned, if any, is settled. */
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
  // The console of those writes past the streams of `process`.
  if (bun !== undefined || deno !== undefined) {
    const console = new Console(standardStream.stdout(), standardStream.stderr());
    reflectSet(globalObject, 'console', console);
  }
  return new AsyncLocalStorage();
}

/** Sees to it that what is written comes by here first. */
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
  // Does nothing if a task has frozen it.
  if (defineProperty(stream, 'write', property)) writers[name] = value;
}

/** Undefined: no text, but a mistake that the stream itself knows what to say about. */
function textOf(chunk: unknown, decoder: StringDecoder): string | undefined {
  if (typeof chunk === 'string') return chunk;
  return isUint8Array(chunk) ? decode(decoder, bufferFrom(chunk)) : undefined;
}
