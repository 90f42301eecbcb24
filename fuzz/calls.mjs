/** Every call of a round, those that tasks and maps make included. */
export function allCalls({ calls, maps }) {
  const outer = [...calls, ...maps.flatMap(({ items }) => items)];
  return outer.concat(outer.flatMap(({ inner = [] }) => inner));
}
