/** The process warnings that the library emits instead of logging. */
import { setImmediate as turn } from 'node:timers/promises';

export interface ProcessWarning extends Error {
  readonly code?: string;
  readonly detail?: string;
}

/** The library's warnings during `act`. Node emits warnings on the next tick, hence the turn. */
export async function warningsDuring(act: () => unknown): Promise<ProcessWarning[]> {
  const seen: ProcessWarning[] = [];
  const note = (warning: ProcessWarning): void => {
    if (warning.name === 'ConcurrentFuturesWarning') seen.push(warning);
  };
  process.on('warning', note);
  try {
    await act();
    await turn();
  } finally {
    process.off('warning', note);
  }
  return seen;
}
