/** The Redis of a test run: one server for all files, started only if one of them needs it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findRedisServer, startRedis } from './redis.mjs';

/** A file that imports it, directly or not, gets a server. */
const SUPPORT = join('build', 'test', 'support', 'redis.js');
/** Imports as the compiler prints them; only relative ones lead to files of ours. */
const IMPORTS = /(?:\bfrom|\bimport\s*\(?)\s*['"](\.[^'"]+)['"]/g;

/**
 * Runs tests in `files`: `run` gets additions to their environment, and returns an exit code.
 *
 * Without a server, these tests skip themselves. That is reported at the very end, where it can't be missed, and fails
 * the run if `CI` is set, where skipped tests would go unread.
 */
export async function withRedis(files, run) {
  if (!reach(files, SUPPORT)) return run({});
  const given = process.env.REDIS_URL || undefined;
  const program = await findRedisServer({ install: true });
  const server =
    program === undefined || given !== undefined ? undefined : await startRedis(program);
  const url = given ?? server?.url;
  let code;
  try {
    code = await run({
      ...(url !== undefined && { REDIS_URL: url }),
      ...(program !== undefined && { REDIS_SERVER: program }),
    });
  } finally {
    await server?.stop();
  }
  if (program !== undefined) return code;
  console.log(
    url === undefined
      ? "Skipped: the cluster's tests, because there is no redis-server (install it, or set REDIS_URL)."
      : "Skipped: the cluster's tests that end a Redis, because there is no redis-server (install it).",
  );
  return process.env.CI ? code || 1 : code;
}

/** True if one of these modules imports `target`, or imports one that does. */
function reach(files, target) {
  const seen = new Set(files);
  // A set may grow during iteration.
  for (const file of seen) {
    if (file === target) return true;
    for (const [, specifier] of importsOf(file)) seen.add(join(dirname(file), specifier));
  }
  return false;
}

function importsOf(file) {
  try {
    return readFileSync(file, 'utf8').matchAll(IMPORTS);
  } catch {
    // A test that imports a missing file fails by itself.
    return [];
  }
}
