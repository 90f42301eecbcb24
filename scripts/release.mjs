/**
 * `npm run release`: checks, tests and packs the version in package.json, and prints what it would publish.
 * `npm run release -- --publish` then publishes that very file, and tags the commit.
 *
 * It refuses a tree with uncommitted changes, another branch than main, a version that already has its tag, and pending
 * changesets (`npm run version` puts them into a version).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const BRANCH = 'main';
const CHANGESETS = '.changeset';
const FOLDER = 'build/release';

const { values } = parseArgs({ options: { publish: { type: 'boolean', default: false } } });
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const tag = `v${version}`;

stopIfRefused();
run('npm', 'run', 'check');
run('npm', 'test');
const packed = pack();
// A check or test may have left a file in the repository.
stopIfRefused();
describePackage(packed);

const file = join(FOLDER, packed.filename);
if (values.publish) {
  run('npm', 'publish', file);
  run('git', 'tag', '--annotate', '--message', `${name} ${version}`, tag);
  console.log(`Published. Push the tag: git push <remote> ${tag}`);
} else {
  console.log(`Nothing is published. With --publish: npm publish ${file}, and the tag ${tag}.`);
}

function stopIfRefused() {
  const refusals = [...findRefusals()];
  if (refusals.length === 0) return;
  for (const refusal of refusals) console.error(`Not released: ${refusal}`);
  process.exit(1);
}

function* findRefusals() {
  const changes = read('git', 'status', '--porcelain');
  if (changes !== '') yield `the tree has uncommitted changes:\n${changes}`;
  const branch = read('git', 'branch', '--show-current');
  if (branch !== BRANCH) yield `the branch is ${branch || 'none'}, not ${BRANCH}.`;
  if (read('git', 'tag', '--list', tag) !== '') yield `the tag ${tag} already exists.`;
  const changesets = existsSync(CHANGESETS) ? readdirSync(CHANGESETS) : [];
  const pending = changesets.filter((each) => each.endsWith('.md') && each !== 'README.md');
  if (pending.length > 0) {
    yield `changesets are pending: ${pending.join(', ')}. Run npm run version, and commit.`;
  }
}

/** Packs the files that were tested: without scripts, because a script would build them again. */
function pack() {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const text = read('npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', FOLDER);
  return JSON.parse(text)[0];
}

function describePackage({ filename, files, size, unpackedSize, integrity }) {
  for (const { path } of files) console.log(`  ${path}`);
  console.log(`${name} ${version}: ${filename}, ${files.length} files, ${kilobytes(size)} packed,`);
  console.log(`${kilobytes(unpackedSize)} unpacked, ${integrity}`);
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

function run(program, ...args) {
  console.log(`> ${[program, ...args].join(' ')}`);
  execFileSync(program, args, { stdio: 'inherit' });
}

function read(program, ...args) {
  return execFileSync(program, args, { encoding: 'utf8' }).trim();
}
