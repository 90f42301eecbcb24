/** What does not work on a runtime yet, and why: skipped there, with the reason. docs/guide/deploy.md has the same. */
import type { Kind } from './checks.ts';

export interface Gap {
  readonly runtime: 'bun' | 'deno';
  readonly kinds: readonly Kind[];
  /** The check's name. */
  readonly check: string;
  readonly reason: string;
}

const threads = ['threads'] as const;
const processes = ['processes', 'managed'] as const;

const why = 'nothing can look inside functions there';

export const knownGaps: readonly Gap[] = [
  {
    runtime: 'bun',
    kinds: [...threads, ...processes],
    check: 'submit a closure with a captured variable',
    reason: `by value: ${why}`,
  },
  {
    runtime: 'deno',
    kinds: [...threads, ...processes],
    check: 'submit a closure with a captured variable',
    reason: `by value: ${why} at once`,
  },
  {
    runtime: 'deno',
    kinds: [...threads, ...processes],
    check: 'submit an exported function that has no tag',
    reason: `${why} at once, and it keeps no list of modules; use task() or module()`,
  },
  {
    runtime: 'bun',
    kinds: [...threads, ...processes],
    check: 'an error has the stack of its caller',
    reason: 'tail calls of its engine remove the frame that the record of the caller begins at',
  },
  {
    runtime: 'bun',
    kinds: threads,
    check: 'resourceLimits end a thread, and not the program',
    reason: 'a thread that exceeds them is not ended',
  },
  {
    runtime: 'bun',
    kinds: processes,
    check: 'a worker that dies of an unhandled rejection says of which',
    reason: 'Bun does not emit uncaughtExceptionMonitor for rejections; stderr has the error',
  },
  {
    runtime: 'deno',
    kinds: threads,
    check: 'resourceLimits end a thread, and not the program',
    reason: 'a thread that exceeds them is not ended',
  },
  {
    runtime: 'deno',
    kinds: threads,
    check: 'output is captured',
    reason: 'what a task has written may come after its outcome, as messages lag there',
  },
  {
    runtime: 'deno',
    kinds: processes,
    check: 'a task blocks on a call of its own pool',
    reason: 'a descriptor that is made a stream can no longer be read by hand; await the call',
  },
];
