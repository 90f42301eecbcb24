/** What a dependency of the program may have done to `Object.prototype`. */
import { begin } from './marks.mjs';

/** The number under which code that nobody has asked for leaves its mark. */
export const INTRUDER = -2;

function intrudes() {
  begin(INTRUDER);
}

/** Options that no pool and no call was given, and an enumerable property that says nothing. */
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
