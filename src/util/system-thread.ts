/**
 * Threads as the operating system knows them: the one way to find out, without an event loop, that a
 * thread has died (was terminated, ran out of memory) while this one is blocked waiting for it.
 *
 * Linux only. Elsewhere such a death is seen as soon as the blocked thread's event loop goes on.
 */
import { existsSync, readlinkSync } from 'node:fs';
import { lastIndexOf, stringSlice } from './primordials.ts';

/** The system's number of the current thread, or 0. */
export function systemThreadId(): number {
  try {
    // `<process>/task/<thread>`
    const path = readlinkSync('/proc/thread-self');
    return +stringSlice(path, lastIndexOf(path, '/') + 1) || 0;
  } catch {
    return 0;
  }
}

/** Whether a thread of this process is known to be gone. */
export function isThreadGone(id: number): boolean {
  return id > 0 && existsSync('/proc/self/task') && !existsSync(`/proc/self/task/${id}`);
}
