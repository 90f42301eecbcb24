/**
 * What a task writes to stdout and stderr, told to its caller instead of being printed.
 *
 * By async context, so that tasks that run side by side in one worker, or that go on after an await, each
 * have their own. What is written past the streams of `process` (to descriptor 1 by hand, by native code, by
 * a process that the task starts) is printed as ever.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Console } from 'node:console';
import { StringDecoder } from 'node:string_decoder';
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

let captures: AsyncLocalStorage<Capture> | undefined;

/** Runs `fn`, and tells `sink` what it writes, until it has returned and the promise that it returned, if any, is settled. */
export function withCapturedOutput(sink: OutputSink, fn: () => unknown): unknown {
  captures ??= install();
  const decoders = { stdout: new StringDecoder(), stderr: new StringDecoder() };
  const capture = { sink, open: true, decoders };
  const close = (): void => {
    capture.open = false;
  };
  let waits = false;
  try {
    const result = captures.run(capture, fn);
    if (!isThenable(result)) return result;
    waits = true;
    const settled = Promise.resolve(result);
    settled.then(close, close);
    return settled;
  } finally {
    if (!waits) close();
  }
}

function install(): AsyncLocalStorage<Capture> {
  const storage = new AsyncLocalStorage<Capture>();
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name];
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (chunk: unknown, ...rest: unknown[]): boolean => {
      const capture = storage.getStore();
      if (capture === undefined || (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)))
        return write(chunk, ...rest);
      const text =
        typeof chunk === 'string' ? chunk : capture.decoders[name].write(Buffer.from(chunk));
      if (text !== '' && capture.open) capture.sink(name, text);
      const done = rest.at(-1);
      if (typeof done === 'function') process.nextTick(done);
      return true;
    };
  }
  // The console of Bun and Deno writes past the streams of `process`.
  const { bun, deno } = process.versions as Record<string, string | undefined>;
  if (bun !== undefined || deno !== undefined)
    globalThis.console = new Console(process.stdout, process.stderr);
  return storage;
}
