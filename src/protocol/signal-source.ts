/**
 * What connects the code of a task with whatever may abort it. Like `worker-link.ts` on the thread's
 * global object, because a task's module and the script that runs it share nothing else.
 */
const place = Symbol.for('concurrent-futures.signal');

type SignalSource = () => AbortSignal | undefined;

export function setSignalSource(source: SignalSource): void {
  Object.defineProperty(globalThis, place, { value: source, configurable: true });
}

/** The signal of the call that the current code belongs to. */
export function sourcedSignal(): AbortSignal | undefined {
  return (globalThis as { [place]?: SignalSource })[place]?.();
}
