/** Names and numbers in the README and the guides are those of the code. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as library from 'concurrent-futures';
import * as cluster from 'concurrent-futures/cluster';
import { ExitCode } from '#dist/cli/exit-code.js';
import { FORMAT } from '#dist/cluster/call-format.js';
import { resolveClusterOptions } from '#dist/cluster/cluster-options.js';
import { poolSettings, poolTable } from '#dist/executor/pool-options.js';
import { resolveHostOptions } from '#dist/host/host-options.js';
import { resolveOptions } from '#dist/util/option-table.js';
import { findPages, readPage } from '../support/pages.js';
import { defaultOf, listedOptions, numberIn, rowsOf } from '../support/page-tables.js';

const { InlineExecutor, ProcessPoolExecutor, ThreadPoolExecutor } = library;
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const json = (path: string): Record<string, Record<string, string>> =>
  JSON.parse(read(path)) as Record<string, Record<string, string>>;

const forUsers = findPages().filter((page) => /^(README\.md$|docs\/guide\/)/.test(page));
const errors = readPage('docs/guide/errors.md');
const runAFunction = readPage('docs/guide/run-a-function.md');
const clusterGuide = readPage('docs/guide/cluster.md');
const noSuch: object = { noSuchOption: true };

const poolDefault = (option: string): string => defaultOf(runAFunction, option);
const clusterDefault = (option: string): string => defaultOf(clusterGuide, option);
const hostDefault = (argument: string): string => defaultOf(clusterGuide, argument, 2);

/** Milliseconds: what a host has if nothing else is set. */
const defaultLease = readdirSync(join(ROOT, 'src/host'))
  .map((file) => /DEFAULT_LEASE = ([\d_]+);/.exec(read(join('src/host', file)))?.[1])
  .map((text) => Number(text?.replaceAll('_', '')))
  .find((number) => number > 0);

/** The members of a union of texts. */
function unionIn(path: string, type: string): string[] {
  const [, members = ''] = new RegExp(`export type ${type} =([^;]*);`).exec(read(path)) ?? [];
  const names = Array.from(members.matchAll(/'([A-Z_]+)'/g), ([, name = '']) => name);
  assert.ok(names.length > 5, `only ${names.join(', ')} were found in ${path}`);
  return names;
}

function codesIn(text: string, prefix: string): Set<string> {
  return new Set(text.match(new RegExp(`\\b${prefix}_[A-Z_]+\\b`, 'g')) ?? []);
}

/** Names of options without a row that begins with them, or with a list that has them. */
function withoutRow(page: string, names: readonly string[]): string[] {
  const firsts = rowsOf(page).map(([first = '']) => first);
  return names.filter((name) => !firsts.some((first) => first.includes(`\`${name}\``)));
}

test('every public value is in the README or a guide', () => {
  const text = forUsers.map(readPage).join('\n');
  const names = Object.keys({ ...library, ...cluster });
  assert.deepEqual(
    names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text)),
    [],
  );
});

test('the page on errors has every code and every class, and no page has a code that there is not', () => {
  const codes = unionIn('src/errors.ts', 'ErrorCode');
  const listed = codesIn(rowsOf(errors).flat().join('\n'), 'ERR');
  assert.deepEqual(
    [...codes].filter((code) => !listed.has(code)),
    [],
  );
  const known = new Set([...codes, ...codesIn(read('src/util/validate.ts'), 'ERR')]);
  for (const page of forUsers) {
    const unknown = [...codesIn(readPage(page), 'ERR')].filter((code) => !known.has(code));
    assert.deepEqual(unknown, [], page);
  }
  const classes = Object.keys({ ...library, ...cluster }).filter((name) =>
    /^Broken|Error$/.test(name),
  );
  assert.deepEqual(withoutRow(errors, classes), []);
});

test('the page on errors has every warning, and no page has one that there is not', () => {
  const codes = unionIn('src/events/warnings.ts', 'WarningCode');
  assert.deepEqual(codesIn(rowsOf(errors).flat().join('\n'), 'CF'), new Set(codes));
  const known = new Set([...codes, 'CF_SECRET']);
  for (const page of forUsers) {
    const unknown = [...codesIn(readPage(page), 'CF')].filter((code) => !known.has(code));
    assert.deepEqual(unknown, [], page);
  }
});

test('the guides have every option of pools and of calls', () => {
  const threads = listedOptions(() => new ThreadPoolExecutor(noSuch));
  const processes = listedOptions(() => new ProcessPoolExecutor(noSuch));
  const text = `${runAFunction}\n${readPage('docs/guide/processes.md')}`;
  const shared = threads.filter((name) => processes.includes(name));
  assert.ok(shared.length > 5, String(shared));
  assert.deepEqual(withoutRow(runAFunction, shared), []);
  const own = [...threads, ...processes].filter((name) => !text.includes(`\`${name}\``));
  assert.deepEqual(own, []);
  const call = listedOptions(() => new InlineExecutor().with(noSuch));
  assert.deepEqual(withoutRow(runAFunction, call), []);
});

test('the defaults of pools are as the guide says', () => {
  const settings = poolSettings(resolveOptions({}, poolTable(Infinity)), 'ThreadPoolExecutor-0');
  assert.equal(settings.maxWorkers, availableParallelism());
  assert.equal(poolDefault('maxWorkers'), '`os.availableParallelism()`');
  assert.ok(poolDefault('threadNamePrefix').includes(`\`${settings.threadNamePrefix}\``));
  assert.equal(settings.maxTasksPerChild, 0);
  assert.equal(poolDefault('maxTasksPerChild'), 'never');
  assert.equal(poolDefault('onWorkerDeath'), `\`'${settings.onWorkerDeath}'\``);
  assert.equal(poolDefault('functions'), `\`'${settings.functions}'\``);
  assert.equal(numberIn(poolDefault('startTimeout')), settings.startTimeout);
});

test('pools have as many workers as the guide allows, and no more', () => {
  const [, threads = 0, processes = 0] =
    /at most (\d+) threads or (\d+) processes/.exec(runAFunction)?.map(Number) ?? [];
  for (const [Pool, most] of [
    [ThreadPoolExecutor, threads],
    [ProcessPoolExecutor, processes],
  ] as const) {
    assert.equal(new Pool({ maxWorkers: most }).stats().maxWorkers, most);
    assert.throws(() => new Pool({ maxWorkers: most + 1 }), RangeError);
  }
});

test('the defaults of a cluster are as the guide says', () => {
  const settings = resolveClusterOptions({});
  for (const name of ['resultTtl', 'attempts', 'maxPayload', 'inlineLimit'] as const)
    assert.equal(numberIn(clusterDefault(name)), settings[name], name);
  for (const name of ['mismatchPatience', 'connectTimeout'] as const)
    assert.equal(numberIn(clusterDefault(name)), settings[name], name);
  for (const name of ['onWorkerDeath', 'functions'] as const)
    assert.equal(clusterDefault(name), `\`'${settings[name]}'\``, name);
  assert.equal(clusterDefault('queue'), `\`'${settings.names.queue}'\``);
  assert.equal(numberIn(clusterDefault('lease')), defaultLease);
  assert.equal(settings.root, process.cwd());
});

test('the defaults of a host are as the guide says', () => {
  const settings = resolveHostOptions({});
  assert.equal(hostDefault('--queue'), `\`${settings.names.queue}\``);
  assert.equal(settings.workers, availableParallelism());
  assert.equal(hostDefault('--workers'), '`os.availableParallelism()`');
  assert.equal(hostDefault('--processes'), settings.kind);
  assert.equal(hostDefault('--allow-code'), settings.allowCode ? 'yes' : 'no');
  assert.equal(numberIn(hostDefault('--lease').replace(/^.*or /, '')), defaultLease);
});

test('the guide to the cluster has every event of a host, and every exit code', () => {
  const [, words = ''] =
    /const words: Record<[^=]*= \{([^}]*)\}/.exec(read('src/host/host-event.ts')) ?? [];
  const events = Array.from(words.matchAll(/^\s*'?([a-z-]+)'?:/gm), ([, name = '']) => name);
  assert.ok(events.length > 10, String(events));
  assert.deepEqual(
    events.filter((name) => !clusterGuide.includes(`\`${name}\``)),
    [],
  );
  const [, codes = ''] = /Exit codes: ([^.]*)\./.exec(clusterGuide) ?? [];
  const listed = Array.from(codes.matchAll(/\b(\d)\b/g), ([, code]) => Number(code));
  assert.deepEqual(listed, Object.values(ExitCode));
});

test('versions are those that package.json and the runtimes name', () => {
  const node = json('package.json')['engines']?.['node']?.replace('>=', '') ?? '';
  const { bullmq = '' } = json('package.json')['peerDependencies'] ?? {};
  const runtimes = Object.entries(json('runtimes/package.json')['optionalDependencies'] ?? {});
  const deploy = readPage('docs/guide/deploy.md');
  for (const page of ['README.md', 'docs/guide/deploy.md'])
    assert.ok(readPage(page).includes(`Node ${node} or newer`), page);
  const majors = runtimes.flatMap(([name]) => /^node-(\d+)-x64$/.exec(name)?.[1] ?? []);
  const list = `${majors.slice(0, -1).join(', ')} and ${majors.at(-1)}`;
  for (const page of ['README.md', 'docs/guide/deploy.md'])
    assert.ok(readPage(page).includes(`on Node ${list}`), `${page}: ${list}`);
  for (const [name, version] of runtimes) {
    const [, runtime = ''] = /^(bun|deno)-/.exec(name) ?? [];
    const number = version.replace(/^.*@/, '');
    if (runtime !== '') assert.match(deploy, new RegExp(`${runtime}\\s${number}`, 'i'));
  }
  assert.ok(clusterGuide.includes(`BullMQ ${/\d+\.\d+/.exec(bullmq)?.[0]} or a later`));
  assert.ok(clusterGuide.includes(`version of their format, now ${FORMAT}.`));
});
