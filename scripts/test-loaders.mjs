/**
 * `npm run test:loaders -- [tsx | vitest | …]`: checks that functions reach workers with every tool that compiles,
 * bundles, loads or tests a program.
 *
 * One set of cases, `loaders/projects/cases`, goes through every tool. The tools are npm packages,
 * pinned in `loaders/`; this package is put beside them as npm would, packed and unpacked. One line per
 * way and Node: the one that runs this, and others where `npm run test:runtimes` has installed them.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ways } from './loaders.mjs';

const BUILT = 'loaders/build';
const PACKAGES = 'loaders/node_modules';
const LIMIT = 60_000;
/** Fewer mean that some were not run. */
const FEWEST_CASES = 25;

const json = (file) => JSON.parse(readFileSync(file, 'utf8'));

function installTools() {
  const installed = Object.entries(json('loaders/package.json').dependencies).every(
    ([name, version]) => {
      const manifest = join(PACKAGES, name, 'package.json');
      return existsSync(manifest) && json(manifest).version === version;
    },
  );
  if (!installed) execFileSync('npm', ['ci', '--prefix', 'loaders'], { stdio: 'inherit' });
}

function installThisPackage() {
  rmSync(BUILT, { recursive: true, force: true });
  mkdirSync(BUILT, { recursive: true });
  const options = ['--ignore-scripts', '--json', '--pack-destination', BUILT];
  const told = execFileSync('npm', ['pack', ...options], { encoding: 'utf8' });
  const [{ filename }] = Object.values(JSON.parse(told));
  const folder = join(PACKAGES, 'concurrent-futures');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  execFileSync('tar', ['xzf', join(BUILT, filename), '--strip-components=1', '-C', folder]);
}

/** @returns undefined if it is not installed. */
function nodeFor(key) {
  const own = { major: Number(process.versions.node.split('.')[0]), program: process.execPath };
  if (key === 'own' || Number(key) === own.major) return own;
  const program = resolve(`runtimes/node_modules/node-${key}-${process.arch}/bin/node`);
  return existsSync(program) ? { major: Number(key), program } : undefined;
}

/** The problems, a line each. */
function problemsOf(results, fails) {
  const problems = [];
  for (const kind of ['threads', 'processes']) {
    const outcomes = Object.entries(results[kind] ?? {});
    if (outcomes.length < FEWEST_CASES) problems.push(`${kind}: only ${outcomes.length} cases`);
    for (const [name, outcome] of outcomes) {
      const expected = fails[kind]?.[name] ?? 'ok';
      const isIt = expected === 'ok' ? outcome === 'ok' : outcome.startsWith(expected);
      if (!isIt) problems.push(`${kind}, ${name}: ${outcome} (expected: ${expected})`);
    }
  }
  return problems;
}

function check(way, folder, program, node) {
  const { status, stdout, stderr, error } = spawnSync(node.program, way.run(program), {
    cwd: folder,
    encoding: 'utf8',
    timeout: LIMIT,
    killSignal: 'SIGKILL',
    // The tools read by which program they run, and npm's variables are not meant for them.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], CI: 'true', NO_COLOR: '1' },
  });
  const output = `${error?.message ?? ''}${stdout}${stderr}`;
  if (status !== 0) return { problems: [`ended with ${status}`, output], told: '' };
  if (way.silent === true) return { problems: [], told: 'its own tests' };
  const line = /\{"threads".*/.exec(stdout)?.[0];
  if (line === undefined) return { problems: ['it printed no results', output], told: '' };
  const results = JSON.parse(line);
  const outcomes = Object.values(results).flatMap((each) => Object.values(each));
  const passed = outcomes.filter((outcome) => outcome === 'ok').length;
  const refused = outcomes.length - passed;
  return {
    problems: problemsOf(results, way.fails?.(node.major) ?? {}),
    told: `${passed} passed${refused === 0 ? '' : `, ${refused} refused as expected`}`,
  };
}

const asked = process.argv.slice(2);
const chosen = ways.filter(
  ({ name }) => asked.length === 0 || asked.some((each) => name.includes(each)),
);
if (chosen.length === 0) {
  console.error(
    `No such way: ${asked.join(', ')}. There are:\n${ways.map(({ name }) => name).join('\n')}`,
  );
  process.exit(2);
}
installTools();
installThisPackage();

for (const way of chosen) {
  const folder = join(BUILT, way.name.replace(/\W+/g, '-').toLowerCase());
  // Some return no promise.
  await Promise.resolve(way.make(folder));
  const nodes = new Map(way.nodes.map((key) => [nodeFor(key)?.program ?? key, nodeFor(key)]));
  for (const [key, node] of nodes) {
    for (const program of way.programs) {
      const title = `${way.name}, ${program}, node ${node?.major ?? key}`;
      if (node === undefined) {
        console.log(`skip   ${title}: not installed`);
        continue;
      }
      const start = performance.now();
      const { problems, told } = check(way, folder, program, node);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      if (problems.length > 0) process.exitCode = 1;
      if (problems.length === 0) console.log(`ok     ${title}: ${told} (${seconds} s)`);
      else console.log([`FAILED ${title}`, ...problems].join('\n  '));
    }
  }
}
