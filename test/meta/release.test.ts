/** A release is refused for a reason, or its steps run in order. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeFolder } from '../support/process-pool.js';

const SCRIPT = fileURLToPath(new URL('../../../scripts/release.mjs', import.meta.url));
const PACKED = {
  filename: 'pkg-1.2.3.tgz',
  files: [{ path: 'dist/index.js' }],
  size: 1500,
  unpackedSize: 3000,
  integrity: 'sha512-abc',
};
/** In place of npm: logs its arguments, prints a packed file, and fails or leaves a file where the test wants it to. */
const NPM = `#!${process.execPath}
const { appendFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync(process.env.CALLS, args.join(' ') + '\\n');
if (args[0] === 'pack') console.log(${JSON.stringify(JSON.stringify([PACKED]))});
if (args[0] === process.env.FAILS) process.exit(1);
if (args[0] === process.env.LITTERS) appendFileSync('litter.txt', 'x');
`;
const PACK = 'pack --json --ignore-scripts --pack-destination build/release';
const PUBLISH = 'publish build/release/pkg-1.2.3.tgz';

interface Released {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The arguments of each call of npm. */
  readonly calls: readonly string[];
}

class Repository {
  readonly #folder: string;
  readonly #tools: string;
  readonly #env: NodeJS.ProcessEnv;

  /** A repository that can be released. */
  constructor(t: TestContext) {
    this.#folder = makeFolder(t);
    this.#tools = makeFolder(t);
    // A git hook that runs the tests sets variables for its own repository.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
    this.#env = {
      ...Object.fromEntries(inherited),
      PATH: `${this.#tools}${delimiter}${process.env['PATH']}`,
      CALLS: join(this.#tools, 'calls.txt'),
      GIT_CONFIG_GLOBAL: join(this.#tools, 'gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1',
    };
    writeFileSync(join(this.#tools, 'npm'), NPM);
    chmodSync(join(this.#tools, 'npm'), 0o755);
    this.git('config', '--global', 'user.name', 'a');
    this.git('config', '--global', 'user.email', 'a@localhost');
    this.git('init', '--quiet', '--initial-branch=main');
    this.write('package.json', JSON.stringify({ name: 'pkg', version: '1.2.3' }));
    this.write('.gitignore', 'build/\n');
    this.write('.changeset/README.md', 'About changesets.\n');
    this.write('.changeset/config.json', '{}');
    this.commit();
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.#folder, env: this.#env, encoding: 'utf8' });
  }

  write(name: string, text: string): void {
    mkdirSync(join(this.#folder, name, '..'), { recursive: true });
    writeFileSync(join(this.#folder, name), text);
  }

  commit(): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message=x');
  }

  release(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Released {
    const calls = this.#env['CALLS'] ?? '';
    rmSync(calls, { force: true });
    const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], {
      cwd: this.#folder,
      env: { ...this.#env, ...env },
      encoding: 'utf8',
    });
    const lines = existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [];
    return { code: status, stdout, stderr, calls: lines };
  }
}

function assertRefused(
  { code, stderr, calls }: Released,
  why: RegExp,
  called: string[] = [],
): void {
  assert.match(stderr, why);
  assert.equal(code, 1);
  assert.deepEqual(calls, called);
}

test('a file that is changed or not committed is refused', (t) => {
  const repository = new Repository(t);
  repository.write('new.txt', 'x');
  assertRefused(repository.release(['--publish']), /uncommitted changes:\n\?\? new\.txt/);
});

test('a branch other than main is refused, and so is a commit on none', (t) => {
  const repository = new Repository(t);
  repository.git('switch', '--quiet', '--create', 'feature');
  assertRefused(repository.release(['--publish']), /the branch is feature, not main/);
  repository.git('switch', '--quiet', '--detach');
  assertRefused(repository.release(['--publish']), /the branch is none, not main/);
});

test('a version that has its tag is refused', (t) => {
  const repository = new Repository(t);
  repository.git('tag', 'v1.2.3');
  assertRefused(repository.release(['--publish']), /the tag v1\.2\.3 already exists/);
});

test('pending changesets are refused', (t) => {
  const repository = new Repository(t);
  repository.write('.changeset/brave-fox.md', '---\npkg: minor\n---\n');
  repository.commit();
  assertRefused(repository.release(['--publish']), /changesets are pending: brave-fox\.md/);
});

test('all reasons are printed at once', (t) => {
  const repository = new Repository(t);
  repository.git('tag', 'v1.2.3');
  repository.write('new.txt', 'x');
  const { stderr } = repository.release();
  assert.match(stderr, /uncommitted/);
  assert.match(stderr, /already exists/);
});

test('an unknown argument is refused', (t) => {
  const { code, stderr, calls } = new Repository(t).release(['--publsh']);
  assert.match(stderr, /--publsh/);
  assert.notEqual(code, 0);
  assert.deepEqual(calls, []);
});

test('nothing is packed after a failed check or test', (t) => {
  const repository = new Repository(t);
  const unchecked = repository.release(['--publish'], { FAILS: 'run' });
  assert.notEqual(unchecked.code, 0);
  assert.deepEqual(unchecked.calls, ['run check']);
  const untested = repository.release(['--publish'], { FAILS: 'test' });
  assert.notEqual(untested.code, 0);
  assert.deepEqual(untested.calls, ['run check', 'test']);
});

test('nothing is published after a test that leaves a file in the repository', (t) => {
  const released = new Repository(t).release(['--publish'], { LITTERS: 'test' });
  assertRefused(released, /\?\? litter\.txt/, ['run check', 'test', PACK]);
});

test('without --publish it checks, tests, packs, and prints the content of the package', (t) => {
  const repository = new Repository(t);
  const { code, stdout, calls } = repository.release();
  assert.equal(code, 0);
  assert.deepEqual(calls, ['run check', 'test', PACK]);
  assert.match(
    stdout,
    /^ {2}dist\/index\.js\npkg 1\.2\.3: pkg-1\.2\.3\.tgz, 1 files, 1\.5 kB packed,/m,
  );
  assert.match(stdout, /Nothing is published/);
  assert.equal(repository.git('tag'), '');
});

test('with --publish it publishes the packed file, then tags the commit', (t) => {
  const repository = new Repository(t);
  const { code, calls } = repository.release(['--publish']);
  assert.equal(code, 0);
  assert.deepEqual(calls, ['run check', 'test', PACK, PUBLISH]);
  assert.equal(repository.git('tag', '--points-at', 'HEAD'), 'v1.2.3\n');
});

test('a failed publication leaves no tag', (t) => {
  const repository = new Repository(t);
  assert.notEqual(repository.release(['--publish'], { FAILS: 'publish' }).code, 0);
  assert.equal(repository.git('tag'), '');
});
