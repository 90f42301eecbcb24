/**
 * One listener on each signal, however many calls and waits depend on it: Node 20 takes eleven listeners on one signal
 * for a leak and prints a warning, and a program gives one signal to all the calls of a request.
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

  /** @returns a function that takes the callback off again. The listener goes with the last one. */
  add(call: () => void): () => void {
    // An object of its own, so that the same function may be given twice.
    const callback = { call };
    this.#callbacks.add(callback);
    return () => {
      if (this.#callbacks.delete(callback) && this.#callbacks.size === 0) this.#leave();
    };
  }

  /** Called by the signal. */
  handleEvent(): void {
    // First, because a callback may add another one, for a signal that it has not looked at.
    this.#leave();
    for (const { call } of this.#callbacks) {
      try {
        call();
      } catch (error) {
        // As Node does for any listener: the error is uncaught, and the other callbacks run.
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
 * Calls `callback` once when `signal` aborts. A signal that is aborted already calls nothing: look at `aborted` first.
 *
 * @returns a function that calls it off.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined || signal.aborted) return () => {};
  return (listeners.get(signal) ?? new AbortListener(signal)).add(callback);
}
