/**
 * All executors, the cluster too if there is a Redis for it. Whatever imports this gets one from `npm test`, so the
 * suites of single executors import `backends.ts`.
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

/** Those whose tasks run elsewhere than in the thread of whoever submits. */
export const isolatedBackends: readonly IsolatedBackend[] = [...workerBackends, ...clusters];

/** Skips a test of something that not every executor has, where it is not there. */
export function lacks(t: TestContext, backend: TestBackend, feature: Feature): boolean {
  const why = backend.lacks?.[feature];
  if (why !== undefined) t.skip(why);
  return why !== undefined;
}
