/** A thread that compares our reader with acorn, file by file, beside others of its kind. */
import { readFileSync } from 'node:fs';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { compareReaders } from './compare-readers.ts';

export interface FileComparison {
  compared: number;
  functions: number;
  /** Files that acorn can't parse. */
  readonly foreign: string[];
  readonly differences: string[];
}

interface Share {
  readonly files: readonly string[];
  /** The index of the next file. */
  readonly next: Int32Array<SharedArrayBuffer>;
  /** By `Date.now()`: no further file is taken after it. */
  readonly deadline: number;
}

/** Further differences of a kind would only repeat the first ones. */
const MOST_DIFFERENCES = 50;

/** Compares `files`, one after the other, as many as the time allows. */
export async function compareFiles(
  files: readonly string[],
  { threads, seconds }: { readonly threads: number; readonly seconds: number },
): Promise<FileComparison> {
  const deadline = Date.now() + seconds * 1000;
  const share: Share = { files, next: new Int32Array(new SharedArrayBuffer(4)), deadline };
  const parts = await Promise.all(
    Array.from({ length: threads }, () => {
      const worker = new Worker(new URL(import.meta.url), { workerData: share });
      return new Promise<FileComparison>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', (code) =>
          reject(new Error(`The thread ended with exit code ${code}.`)),
        );
      });
    }),
  );
  return {
    compared: parts.reduce((sum, each) => sum + each.compared, 0),
    functions: parts.reduce((sum, each) => sum + each.functions, 0),
    foreign: parts.flatMap((each) => each.foreign),
    differences: parts.flatMap((each) => each.differences),
  };
}

function compareShare({ files, next, deadline }: Share): FileComparison {
  const done: FileComparison = { compared: 0, functions: 0, foreign: [], differences: [] };
  for (;;) {
    const file = files[Atomics.add(next, 0, 1)];
    if (file === undefined || Date.now() > deadline) return done;
    const { isParsed, functions, differences } = compareReaders(readFileSync(file, 'utf8'));
    done.compared++;
    done.functions += functions;
    if (!isParsed) done.foreign.push(file);
    const left = MOST_DIFFERENCES - done.differences.length;
    for (const each of differences.slice(0, left)) done.differences.push(`${file}: ${each}`);
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
if (parentPort !== null) parentPort.postMessage(compareShare(workerData as Share));
