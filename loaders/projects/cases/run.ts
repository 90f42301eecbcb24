/** Runs cases on pools of both kinds. What each came to is either `ok`, the code of its error, or what was wrong. */
import { isDeepStrictEqual } from 'node:util';
import { type Executor, ProcessPoolExecutor, ThreadPoolExecutor } from 'concurrent-futures';
import type { Case } from './cases.ts';

export type Results = Record<string, string>;

async function outcome(pool: Executor, { run, want }: Case): Promise<string> {
  try {
    const got = await run(pool);
    return isDeepStrictEqual(got, want) ? 'ok' : `wrong: ${JSON.stringify(got)}`;
  } catch (error) {
    const { code } = error as { code?: string };
    return code === undefined ? String(error) : `${code}: ${(error as Error).message}`;
  }
}

async function runOn(pool: Executor, cases: readonly Case[]): Promise<Results> {
  const results: Results = {};
  for (const each of cases) results[each.name] = await outcome(pool, each);
  await pool.shutdown();
  return results;
}

export async function runAll(
  cases: readonly Case[],
  options: { initializer?: () => unknown } = {},
): Promise<{ threads: Results; processes: Results }> {
  return {
    threads: await runOn(new ThreadPoolExecutor({ maxWorkers: 1, ...options }), cases),
    processes: await runOn(new ProcessPoolExecutor({ maxWorkers: 1, ...options }), cases),
  };
}
