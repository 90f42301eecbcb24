/** A moment on the monotonic clock by which something must have happened. */

export interface Deadline {
  /** Milliseconds left, at least 0; `Infinity` where there is no deadline. */
  left(): number;
}

const never: Deadline = { left: () => Infinity };

/** The clock starts now. `undefined` and `Infinity` give a deadline that never comes. */
export function deadlineIn(timeout: number | undefined): Deadline {
  if (timeout === undefined || timeout === Infinity) return never;
  const at = performance.now() + timeout;
  return { left: () => Math.max(0, at - performance.now()) };
}

/**
 * Calls `onTime` once the deadline is there; returns how to call that off. Never for an endless deadline.
 *
 * What this thread was sent before is taken first. An event loop that was blocked finds its timers due before it looks at
 * what has arrived, and nobody is to be late because he was not listened to.
 */
export function alarm(deadline: Deadline, onTime: () => void): () => void {
  const left = deadline.left();
  if (left === Infinity) return () => {};
  let immediate: NodeJS.Immediate | undefined;
  const due = (): void => {
    immediate = setImmediate(onTime);
  };
  // Node rounds timers down to whole milliseconds and may fire one early: round up, so that a
  // wait is never shorter than asked for.
  const timer = setTimeout(due, Math.ceil(left));
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
