/**
 * `npm run test:runtimes -- [22 | bun | …]`: the compiled tests on every Node that the package supports, and a program
 * of checks on those, Bun and Deno. The test runners of Bun and Deno do not run a suite of `node:test`. The checks run
 * on Node as well, because a check that fails on Node is wrong.
 *
 * The binaries are npm packages, pinned in `runtimes/`. We depend on the packages that contain them and not on `node`
 * itself, whose install script fetches them past the lockfile. The oldest supported release is among them on purpose.
 * The output is one line per runtime and program, and the full output of failures.
 *
 * Not all files run on all of them: see {@link SLOW}, {@link OF_REDIS}, {@link OF_THE_LINE}, {@link BETWEEN}.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { countOutcomes } from './outcomes.mjs';
import { noteSecondRuns, runTwice } from './second-run.mjs';
import { runSuite, testFiles } from './suite.mjs';
import { withRedis } from './with-redis.mjs';

const LOGS = 'build/runtimes';
const CONFORMANCE = 'build/test/runtimes/conformance.js';
/**
 * Slow files that do not depend on the version of Node: the cluster's tests wait for leases that expire and servers
 * that start; the library's own reader of JavaScript reads the same thousands of files everywhere.
 */
const SLOW = ['build/test/cluster/', 'build/test/source/against-acorn'];
/** The cluster's tests that kill, fill and stop servers and hosts: they run with `npm test` only. */
const OF_REDIS = [
  'full-redis',
  'host-death',
  'host-paused',
  'redis-cluster',
  'redis-refusing',
  'redis-restart',
  'sentinel',
  'silent-connections',
  'submitter-death',
  'unwilling-redis',
].map((name) => `build/test/cluster/${name}.`);
/** Tests of what pages say, but for the examples of the README and the guides, which run everywhere. */
const PAGES = ['meta/', 'docs/links.', 'docs/facts.', 'docs/examples-of-comments.'].map(
  (name) => `build/test/${name}`,
);
/**
 * Omitted on another release of the line that runs `npm test`, unless that release is named on the command line:
 * between such releases the loading of modules has changed, and not processes and threads.
 */
const OF_THE_LINE = ['build/test/conformance/', 'build/test/crash/', 'build/test/codec/', ...PAGES];
/** Omitted on a release that lies between two which run it, unless that release is named on the command line. */
const BETWEEN = {
  22: ['build/test/conformance/', 'build/test/codec/', ...PAGES],
  24: ['build/test/conformance/', 'build/test/crash/', ...PAGES],
};
const CONFORMANCE_LIMIT = 5 * 60_000;
/** The path of the program in each runtime's package, and its arguments before the name of a script. */
const programs = {
  node: { path: 'bin/node', flags: [] },
  bun: { path: 'bin/bun', flags: [] },
  deno: { path: 'deno', flags: ['run', '--allow-all'] },
};
const { optionalDependencies } = JSON.parse(readFileSync('runtimes/package.json', 'utf8'));

const runtimes = Object.entries(optionalDependencies)
  .map(([name, spec]) => {
    const [kind, major, arch] = name.split('-');
    const folder = `runtimes/node_modules/${name}`;
    const version = spec.split('@').at(-1);
    const program = `${folder}/${programs[kind].path}`;
    return { kind, key: kind === 'node' ? major : kind, arch, version, folder, program };
  })
  .filter(({ arch }) => process.platform === 'linux' && arch === process.arch);

function isInstalled({ folder, version }) {
  const manifest = `${folder}/package.json`;
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;
}

async function testOn({ version, program }, files, env) {
  const logOf = (time) => `${LOGS}/node-${version}${time === 1 ? '' : `-${time}`}.log`;
  const began = performance.now();
  const { code, outcomes, again } = await runTwice(files, async (these, time) => {
    const output = openSync(logOf(time), 'w');
    const details = `${LOGS}/node-${version}.jsonl`;
    const stdio = ['ignore', output, output];
    const done = await runSuite(program, these, { stdio, env, outcomes: details, patience: time });
    closeSync(output);
    return done;
  });
  noteSecondRuns(again, ` (node ${version})`);
  const { pass, fail, cancelled, skipped } = countOutcomes(outcomes);
  const figures = `${pass} passed, ${fail + cancelled} failed, ${skipped} skipped`;
  console.log(`node ${version}: ${figures}${timeSince(began)}`);
  if (again !== undefined) console.log(`  the first time: ${logOf(1)}`);
  if (code !== 0) {
    const text = stripVTControlCharacters(readFileSync(logOf(again === undefined ? 1 : 2), 'utf8'));
    console.log(text.slice(Math.max(0, text.indexOf('✖ failing tests:'))));
  }
  return code === 0;
}

function timeSince(began) {
  return ` (${Math.round((performance.now() - began) / 1000)} s)`;
}

/** The program of checks prints `ok`, `skip` with the reason, or `FAILED` for each. */
function checkOn({ kind, version, program }) {
  const { status, error, ...output } = spawnSync(program, [...programs[kind].flags, CONFORMANCE], {
    encoding: 'utf8',
    timeout: CONFORMANCE_LIMIT,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 26,
  });
  // Null if the program could not be started.
  const [stdout, stderr] = [output.stdout ?? '', output.stderr ?? ''];
  writeFileSync(`${LOGS}/${kind}-${version}.log`, stdout + stderr);
  const lines = stdout.split('\n');
  const starting = (word) => lines.filter((line) => line.startsWith(`${word} `));
  const [passed, failed, skipped] = ['ok', 'FAILED', 'skip'].map(starting);
  const counts = `${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`;
  console.log(`${kind} ${version}: checks: ${counts}`);
  for (const line of skipped) console.log(`  ${line}`);
  const good = status === 0 && passed.length > 0;
  if (!good) console.log(error?.message ?? '', stdout, stderr);
  return good;
}

/**
 * We can't repair Bun and Deno, and their own timing has made a check fail before: so a failure must repeat. The second
 * run is without load, because it must find our races and not theirs; it is reported with the others.
 */
function checkAgain(runtime) {
  if (runtime.kind === 'node') return false;
  console.log('  again, by themselves:');
  const passed = checkOn(runtime);
  noteSecondRuns([{ file: CONFORMANCE, passed }], ` (${runtime.kind} ${runtime.version}, alone)`);
  return passed;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((each) => !runtimes.some(({ key }) => key === each));
if (runtimes.length === 0 || unknown.length > 0) {
  const known = runtimes.map(({ key }) => key).join(', ') || 'none';
  console.error(`No such runtime: ${unknown.join(', ')}. For this machine there are: ${known}.`);
  process.exit(2);
}
const chosen = runtimes.filter(({ key }) => asked.length === 0 || asked.includes(key));
if (!chosen.every(isInstalled)) {
  execFileSync('npm', ['ci', '--prefix', 'runtimes'], { stdio: 'inherit' });
}

mkdirSync(LOGS, { recursive: true });
const files = testFiles([]);

const ownLine = process.versions.node.split('.')[0];

/** The files that a runtime is to run. */
function filesFor(runtime) {
  const left = runtime === newest ? OF_REDIS : leftOut(runtime);
  return files.filter((file) => !left.some((path) => file.startsWith(path)));
}

function leftOut({ key }) {
  if (asked.length > 0) return SLOW;
  return [...SLOW, ...(key === ownLine ? OF_THE_LINE : (BETWEEN[key] ?? []))];
}
const noRedis = { REDIS_URL: undefined, REDIS_SERVER: undefined };
const newest = chosen.findLast(({ kind }) => kind === 'node');

async function runAll(redis) {
  // One after the other: the suite keeps all cores busy by itself, and lines come in order.
  let passed = true;
  for (const runtime of chosen) {
    if (runtime.kind === 'node') {
      const env = runtime === newest ? redis : noRedis;
      passed = (await testOn(runtime, filesFor(runtime), env)) && passed;
    }
    passed = (checkOn(runtime) || checkAgain(runtime)) && passed;
  }
  return passed ? 0 : 1;
}

process.exitCode = await withRedis(files, runAll);
