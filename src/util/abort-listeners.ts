/**
 * Adds only one listener to each signal, even if many calls and waits depend on it. Node 20 takes eleven listeners
 * on one signal for a leak and prints a warning, and programs use one signal for all calls of a request.
 */

const listeners = new WeakMap<AbortSignal, AbortListener>();

class AbortListener {
  readonly #signal: AbortSignal;
  readonly #callbacks = new Set<{ readonly call: () => void }>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    listeners.set(signal, this);
    signal.addEventListener('abort', this);
  }

  /** @returns a function that removes the callback. The listener is removed with the last callback. */
  add(call: () => void): () => void {
    // A separate object, so that the same function may be added twice.
    const callback = { call };
    this.#callbacks.add(callback);
    return () => {
      if (this.#callbacks.delete(callback) && this.#callbacks.size === 0) this.#leave();
    };
  }

  /** Called by the signal. */
  handleEvent(): void {
    // Leaves first: a callback that is added meanwhile is not called, because the signal is aborted already.
    this.#leave();
    for (const { call } of this.#callbacks) {
      try {
        call();
      } catch (error) {
        // As in Node's event dispatch, the error becomes an uncaught exception, and the other callbacks run.
        process.nextTick(() => {
          throw error;
        });
      }
    }
    this.#callbacks.clear();
  }

  #leave(): void {
    this.#signal.removeEventListener('abort', this);
    if (listeners.get(this.#signal) === this) listeners.delete(this.#signal);
  }
}

/**
 * Calls `callback` once when `signal` aborts. Not called if the signal is aborted already: check `aborted` first.
 *
 * @returns a function that removes the callback.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined || signal.aborted) return () => {};
  return (listeners.get(signal) ?? new AbortListener(signal)).add(callback);
}
