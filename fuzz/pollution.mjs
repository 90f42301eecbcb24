/** Simulates a dependency that has changed `Object.prototype`. */
import { begin } from './marks.mjs';

/** The number for marks of code that must not run. */
export const INTRUDER = -2;

function intrudes() {
  begin(INTRUDER);
}

/** Options that were given to no pool and no call, and an enumerable property without a meaning. */
const polluted = {
  initializer: intrudes,
  maxTasksPerChild: 1,
  captureOutput: true,
  timeout: 1,
  polluted: 'by the parent',
};

/** @param random - decides which. */
export function planPollution(random) {
  return Object.keys(polluted).filter(() => random.chance(0.5));
}

export function pollute(names) {
  for (const name of names) Object.assign(Object.prototype, { [name]: polluted[name] });
}

export function cleanUp(names) {
  for (const name of names) delete Object.prototype[name];
}
