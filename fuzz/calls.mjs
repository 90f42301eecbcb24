/** Every call of a round, including those that tasks and maps make. */
export function allCalls({ calls, maps }) {
  const outer = [...calls, ...maps.flatMap(({ items }) => items)];
  return outer.concat(outer.flatMap(({ inner = [] }) => inner));
}
