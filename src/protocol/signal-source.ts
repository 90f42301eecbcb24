/**
 * What connects the code of a task with whatever may abort it. Like `worker-link.ts` on the thread's
 * global object, because a task's module and the script that runs it share nothing else.
 */
import { defineProperty, globalObject, symbolFor } from '../util/primordials.ts';

const place = symbolFor('concurrent-futures.signal');

type SignalSource = () => AbortSignal | undefined;

export function setSignalSource(source: SignalSource): void {
  defineProperty(globalObject, place, {
    __proto__: null,
    value: source,
    configurable: true,
  });
}

/** The signal of the call that the current code belongs to. */
export function sourcedSignal(): AbortSignal | undefined {
  return (globalObject as { [place]?: SignalSource })[place]?.();
}
