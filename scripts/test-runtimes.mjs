/**
 * `npm run test:runtimes -- [major…]`: the compiled tests on every Node that the package supports.
 *
 * The binaries are npm packages, pinned in `runtimes/`. We depend on the packages that hold them and
 * not on `node` itself, whose install script fetches them past the lockfile. The oldest supported
 * release is among them on purpose. One line per runtime; the full output only of what failed.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { runSuite, testFiles } from './suite.mjs';

const LOGS = 'build/runtimes';
const { optionalDependencies } = JSON.parse(readFileSync('runtimes/package.json', 'utf8'));

const runtimes = Object.entries(optionalDependencies)
  .map(([name, spec]) => {
    const [, major, arch] = name.split('-');
    const folder = `runtimes/node_modules/${name}`;
    return { major, arch, version: spec.split('@').at(-1), folder, node: `${folder}/bin/node` };
  })
  .filter(({ arch }) => process.platform === 'linux' && arch === process.arch);

function isInstalled({ folder, version }) {
  const manifest = `${folder}/package.json`;
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;
}

function count(output, name) {
  return Number(output.match(new RegExp(`^ℹ ${name} (\\d+)$`, 'm'))?.[1] ?? 0);
}

async function testOn({ version, node }, files) {
  const log = `${LOGS}/node-${version}.log`;
  const output = openSync(log, 'w');
  const code = await runSuite(node, files, { stdio: ['ignore', output, output] });
  closeSync(output);

  const text = stripVTControlCharacters(readFileSync(log, 'utf8'));
  const failed = count(text, 'fail') + count(text, 'cancelled');
  console.log(
    `node ${version}: ${count(text, 'pass')} passed, ${failed} failed, ${count(text, 'skipped')} skipped`,
  );
  // The spec reporter repeats every failure in full below this heading.
  if (code !== 0) console.log(text.slice(Math.max(0, text.indexOf('✖ failing tests:'))));
  return code === 0;
}

const majors = process.argv.slice(2);
const unknown = majors.filter((asked) => !runtimes.some(({ major }) => major === asked));
if (runtimes.length === 0 || unknown.length > 0) {
  const known = runtimes.map(({ major }) => major).join(', ') || 'none';
  console.error(`No such runtime: ${unknown.join(', ')}. For this machine there are: ${known}.`);
  process.exit(2);
}
const chosen = runtimes.filter(({ major }) => majors.length === 0 || majors.includes(major));
if (!chosen.every(isInstalled)) {
  execFileSync('npm', ['ci', '--prefix', 'runtimes'], { stdio: 'inherit' });
}

mkdirSync(LOGS, { recursive: true });
const files = testFiles([]);
// One after the other: the suite keeps all cores busy by itself, and lines come in order.
let passed = true;
for (const runtime of chosen) passed = (await testOn(runtime, files)) && passed;
process.exitCode = passed ? 0 : 1;
