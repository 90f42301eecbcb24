/** A moment on the monotonic clock by which something must have happened. */

export interface Deadline {
  /** Milliseconds left, at least 0; `Infinity` where there is no deadline. */
  left(): number;
}

const never: Deadline = { left: () => Infinity };

/** A deadline `timeout` milliseconds from now. With `undefined` or `Infinity`, a deadline that never passes. */
export function deadlineIn(timeout: number | undefined): Deadline {
  if (timeout === undefined || timeout === Infinity) return never;
  const at = performance.now() + timeout;
  return { left: () => Math.max(0, at - performance.now()) };
}

/**
 * Calls `onTime` when the deadline passes; an endless deadline never does. Returns a function that cancels the
 * alarm.
 *
 * Messages that arrived before are handled first. After a blocked event loop, timers run before arrived messages,
 * and an outcome that arrived in time must not count as late.
 */
export function alarm(deadline: Deadline, onTime: () => void): () => void {
  const left = deadline.left();
  if (left === Infinity) return () => {};
  let immediate: NodeJS.Immediate | undefined;
  const due = (): void => {
    immediate = setImmediate(onTime);
  };
  // Node rounds timers down to whole milliseconds and may fire one early. Rounding up ensures that a wait is never
  // shorter than requested.
  const timer = setTimeout(due, Math.ceil(left));
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
