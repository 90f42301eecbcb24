/** Pools that break at their first call, by kind. */
import type { TestContext } from 'node:test';
import type { Executor, PoolOptions } from 'concurrent-futures';
import { throwAtStart } from '../fixtures/initializers.js';
import type { TestBackend } from './backends.js';
import { closeAfter } from './held.js';
import { WarningLog } from './warning-log.js';

export interface BreakingPool {
  readonly pool: Executor;
  /** Resolves with the warning of such a pool, if it emits one. */
  readonly whenWarned: () => Promise<unknown>;
}

export function breakingPool(
  t: TestContext,
  backend: TestBackend,
  options: PoolOptions = {},
): BreakingPool {
  if (backend.makeBreaking !== undefined)
    return { pool: closeAfter(t, backend.makeBreaking()), whenWarned: () => Promise.resolve() };
  const warnings = new WarningLog(t);
  const pool = backend.make({ ...options, initializer: throwAtStart, initArgs: ['no'] });
  return { pool: closeAfter(t, pool), whenWarned: () => warnings.next('CF_POOL_BROKEN') };
}
