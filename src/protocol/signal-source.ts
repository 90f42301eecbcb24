/**
 * Connects the code of a task with the signal that may abort it. As in `parent-channel.ts`, the connection is on the
 * thread's global object, because a task's module and the script that runs it share nothing else.
 */
import { defineProperty, globalObject, symbolFor } from '../util/primordials.ts';

const globalKey = symbolFor('concurrent-futures.signal');

type SignalSource = () => AbortSignal | undefined;

export function setSignalSource(source: SignalSource): void {
  defineProperty(globalObject, globalKey, {
    __proto__: null,
    value: source,
    configurable: true,
  });
}

/** The signal of the call that the current code belongs to. */
export function sourcedSignal(): AbortSignal | undefined {
  return (globalObject as { [globalKey]?: SignalSource })[globalKey]?.();
}
