/** A plan as text, to read the steps of a round. */
import { shown } from './shown.mjs';

/** @returns the lines: the pool, each step, each call. */
export function planText(plan) {
  const { options, hosts, steps, final, active, pollution, kindName } = plan;
  const { env, ...others } = options;
  const lines = [`with: ${[...active].join(', ')}`];
  lines.push(
    `${kindName} ${shown(others)}${env === undefined ? '' : ', an environment of its own'}`,
  );
  if (hosts !== undefined) lines.push(`hosts ${shown(hosts)}`);
  if (pollution.length > 0) lines.push(`Object.prototype has ${pollution.join(', ')}`);
  for (const { do: what, calls, map, ...details } of steps) {
    lines.push(`${what} ${shown(details)}`, ...linesOf(calls ?? map?.items ?? []));
    if (map !== undefined) lines.push(`  as a map: ${shown({ ...map, items: undefined })}`);
  }
  lines.push(`at the end: ${final}`);
  return lines;
}

function linesOf(calls) {
  return calls.flatMap((call) => {
    const { id, fn, args, options, signal, inner = [] } = call;
    const limits = shown({ ...options, signal });
    return [
      `  ${id} ${fn.name} ${shown(args ?? [])} ${limits}`,
      ...linesOf(inner).map((line) => `  ${line}`),
    ];
  });
}
