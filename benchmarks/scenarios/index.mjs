/** A scenario: title, about, rounds, cases, metrics, measure. Which kind has which is in `kinds/`. */
export function loadScenario(name) {
  return import(`./${name}.mjs`);
}
