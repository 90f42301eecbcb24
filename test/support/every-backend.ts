/**
 * All executors, including the cluster if there is a Redis for it. `npm test` starts a Redis for every file that
 * imports this one, so the suites of single executors import `backends.ts`.
 */
import { test, type TestContext } from 'node:test';
import {
  backends,
  type Feature,
  type IsolatedBackend,
  type TestBackend,
  workerBackends,
} from './backends.js';
import { clusterBackend } from './cluster-backend.js';
import { needsRedis } from './redis.js';

if (needsRedis !== false) test('the same on a cluster', { skip: needsRedis });

const clusters = needsRedis === false ? [clusterBackend] : [];

export const everyBackend: readonly TestBackend[] = [...backends, ...clusters];

/** Backends whose tasks run outside the submitter's thread. */
export const isolatedBackends: readonly IsolatedBackend[] = [...workerBackends, ...clusters];

/** Skips a test of a feature that the executor does not have. */
export function lacks(t: TestContext, backend: TestBackend, feature: Feature): boolean {
  const why = backend.lacks?.[feature];
  if (why !== undefined) t.skip(why);
  return why !== undefined;
}
