/**
 * Threads in the operating system. Their numbers are the only way to find out, without an event loop, that a thread
 * has died (was terminated, ran out of memory) while this thread is blocked waiting for it.
 *
 * Linux only. Elsewhere such a death is noticed when the blocked thread's event loop continues.
 */
import { existsSync, readlinkSync } from 'node:fs';
import { lastIndexOf, stringSlice } from './primordials.ts';

/** The system's number of the current thread, or 0 if it is unknown. */
export function systemThreadId(): number {
  try {
    // `<process>/task/<thread>`
    const path = readlinkSync('/proc/thread-self');
    return +stringSlice(path, lastIndexOf(path, '/') + 1) || 0;
  } catch {
    return 0;
  }
}

/** True if a thread of this process is known to have ended. */
export function isThreadGone(id: number): boolean {
  return id > 0 && existsSync('/proc/self/task') && !existsSync(`/proc/self/task/${id}`);
}
