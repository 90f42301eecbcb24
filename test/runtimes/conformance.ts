/**
 * A program that asks the runtime it is run by whether the executors work there: one line per check.
 * `conformance.js [kind…]`. Its end is a check of its own: a process that an idle pool holds is
 * ended, and failed, by whoever runs this.
 */
import { type Check, checks, type Kind, makePool } from './checks.ts';
import { knownGaps } from './known-gaps.ts';

const LIMIT = 40_000;
const { bun, deno, node } = process.versions as Record<string, string | undefined>;
const runtime = bun !== undefined ? 'bun' : deno !== undefined ? 'deno' : 'node';
const asked = process.argv.slice(2);
let failures = 0;

/** @returns the error, if the check has failed. */
async function attempt(check: Check, kind: Kind): Promise<unknown> {
  const pool = makePool(kind, check.options);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, LIMIT, new Error(`not over after ${LIMIT} ms`));
  });
  try {
    await Promise.race([check.run(pool, kind).then(() => pool.shutdown()), limit]);
    return undefined;
  } catch (error) {
    void pool.shutdown({ wait: false, cancelFutures: true });
    return error;
  } finally {
    clearTimeout(timer);
  }
}

console.log(`${runtime} ${bun ?? deno ?? node}`);
for (const kind of ['inline', 'threads', 'processes', 'managed'] as const) {
  if (asked.length > 0 && !asked.includes(kind)) continue;
  for (const check of checks) {
    if (!check.kinds.includes(kind)) continue;
    const what = `${kind}: ${check.name}`;
    const gap = knownGaps.find(
      (each) => each.runtime === runtime && each.kinds.includes(kind) && each.check === check.name,
    );
    if (gap !== undefined) {
      console.log(`skip    ${what} (${gap.reason})`);
      continue;
    }
    const error = await attempt(check, kind);
    if (error === undefined) {
      console.log(`ok      ${what}`);
      continue;
    }
    failures++;
    console.log(`FAILED  ${what}`);
    console.log(error);
  }
}
// What hangs in a failed check would hold the process.
if (failures > 0) process.exit(1);
