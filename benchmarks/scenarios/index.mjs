/** All scenarios, in the order of the report. */
export const scenarioNames = [
  'burst',
  'hot',
  'parked',
  'echo',
  'bytes',
  'files',
  'mixed',
  'start',
  'idle',
  'million',
  'memory',
];

/** A scenario: title, about, rounds, cases, metrics, measure, and contenders beyond the usual ones. */
export function loadScenario(name) {
  return import(`./${name}.mjs`);
}
