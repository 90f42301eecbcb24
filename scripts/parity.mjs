/**
 * `npm run parity`: compares the behaviour of Python's `concurrent.futures` with ours, with the tests that show it.
 *
 * The behaviours are numbered, in `test/conformance/items/*.json`. A test belongs to an item if its
 * title begins with that number: `#65 the clock starts at the call`. This runs the conformance and
 * crash suites and writes `docs/parity.md`, unless an item has no passing test, or a test no item.
 *
 * The result of an item on a cluster comes from its tests: the same as here if they pass; if they skip themselves, the
 * reason of the skip. If that is incomplete, or none of its tests can run there, the item contains it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOutcomes } from './outcomes.mjs';
import { runSuite, sourceOf, testFiles } from './suite.mjs';
import { withRedis } from './with-redis.mjs';

const ITEMS = 'test/conformance/items';
const RESULTS = 'build/parity.jsonl';
const PAGE = 'docs/parity.md';
const DECISIONS = ['kept', 'adapted', 'better', 'not applicable'];
const CLUSTER = 'cluster';
const CLUSTER_DECISIONS = ['as here', 'adapted', 'not applicable'];
/** The groups of pools: no item in them is about futures alone. */
const POOLS = { first: 116, last: 216 };

/** Titles of the groups, and the numbers with which they begin. */
const GROUPS = [
  [1, 'Future: state and cancellation'],
  [12, 'Future: outcome'],
  [36, 'Future: done-callbacks'],
  [44, 'Waiters'],
  [52, 'wait'],
  [63, 'asCompleted'],
  [73, 'Executor: submit'],
  [79, 'Executor: map'],
  [106, 'Executor: shutdown'],
  [116, 'ThreadPoolExecutor'],
  [148, 'ProcessPoolExecutor: workers'],
  [165, 'ProcessPoolExecutor: the way of a call'],
  [182, 'ProcessPoolExecutor: breakage'],
  [192, 'ProcessPoolExecutor: shutdown'],
  [205, 'Workers with a heap of their own'],
  [217, 'Errors, logging, and the module'],
];

const problems = [];

function readItems() {
  const items = new Map();
  const files = existsSync(ITEMS) ? readdirSync(ITEMS).toSorted() : [];
  for (const file of files.filter((name) => name.endsWith('.json'))) {
    for (const item of JSON.parse(readFileSync(join(ITEMS, file), 'utf8'))) {
      const where = `${file}: item ${item.number}`;
      if (!Number.isInteger(item.number) || item.number < 1) problems.push(`${where}: no number`);
      if (items.has(item.number)) problems.push(`${where} is there twice`);
      if (!item.behaviour) problems.push(`${where} does not say the behaviour`);
      if (!DECISIONS.includes(item.decision)) problems.push(`${where}: unknown decision`);
      if (item.decision !== 'kept' && !item.how) problems.push(`${where} does not say how`);
      if (!['K', 'A', '!', 'X'].includes(item.mark)) problems.push(`${where}: unknown mark`);
      if (item.cluster !== undefined && !CLUSTER_DECISIONS.includes(item.cluster.decision))
        problems.push(`${where}: unknown decision for a cluster`);
      if (item.cluster !== undefined && !item.cluster.how)
        problems.push(`${where} does not say how on a cluster`);
      items.set(item.number, { ...item, tests: [], ranOn: new Set(), notOnCluster: new Set() });
    }
  }
  return new Map([...items].toSorted(([a], [b]) => a - b));
}

async function runTests() {
  const files = testFiles(['/conformance/', '/crash/']);
  const code = await withRedis(
    files,
    async (env) => (await runSuite(process.execPath, files, { env, outcomes: RESULTS })).code,
  );
  if (code !== 0) problems.push('the test run failed');
  return readOutcomes(RESULTS)
    .filter(({ kind }) => kind === 'test')
    .map((each) => Object.assign(each, { file: sourceOf(each.file) }));
}

async function executorNames() {
  const { backends } = await import('../build/test/support/backends.js');
  return [...backends.map(({ name }) => name), CLUSTER];
}

/** The parts of a title: the items, the text, and the executor, from the title's end or from the suites. */
function parse({ title, suites }, executors) {
  const [marks = ''] = /^(#\d+[ ,:]*)*/.exec(title) ?? [];
  const numbers = [...new Set([...marks.matchAll(/\d+/g)].map(([digits]) => Number(digits)))];
  const text = title.slice(marks.length);
  for (const executor of executors) {
    for (const end of [` (${executor})`, ` [${executor}]`, ` on ${executor}`, `: ${executor}`]) {
      if (text.endsWith(end)) return { numbers, text: text.slice(0, -end.length), executor };
    }
  }
  return {
    numbers,
    text,
    executor: executors.find((name) =>
      suites.some((suite) => suite.split(/[^\w-]+/).includes(name)),
    ),
  };
}

/** Gives each item its passing tests; a test that runs on several executors is one test. */
function assign(results, items, executors) {
  const tests = new Map();
  for (const result of results) {
    const { numbers, text, executor } = parse(result, executors);
    for (const number of numbers) {
      const shown = `${result.title}, ${result.file}`;
      if (['failed', 'cancelled'].includes(result.outcome))
        problems.push(`a test failed: ${shown}`);
      const item = items.get(number);
      if (item === undefined) problems.push(`no item ${number} for the test: ${shown}`);
      if (item === undefined) continue;
      if (result.outcome === 'skipped' && executor === CLUSTER) item.notOnCluster.add(result.why);
      if (result.outcome !== 'passed') continue;
      const key = `${number} ${result.file} ${text}`;
      let test = tests.get(key);
      if (test === undefined) {
        test = { text, file: result.file, executors: new Set() };
        tests.set(key, test);
        item.tests.push(test);
      }
      if (executor === undefined) continue;
      test.executors.add(executor);
      item.ranOn.add(executor);
    }
  }
  for (const { number, mark, behaviour, tests: found } of items.values()) {
    if (mark !== 'X' && found.length === 0) {
      problems.push(`item ${number} has no passing test: ${behaviour}`);
    }
  }
  return tests.size;
}

/** The result of an item on a cluster; undefined if the item does not depend on executors. */
function onCluster({ number, mark, cluster, ranOn, notOnCluster }) {
  const passed = ranOn.has(CLUSTER);
  if (passed && cluster?.decision === 'not applicable')
    problems.push(`item ${number} is not applicable on a cluster, but a test of it passes there`);
  if (cluster !== undefined) return cluster;
  const how = [...notOnCluster].map((why) => `${why[0].toUpperCase()}${why.slice(1)}.`).join(' ');
  if (how !== '') return { decision: passed ? 'adapted' : 'not applicable', how };
  if (passed) return { decision: 'as here' };
  if (mark === 'X') return undefined;
  if (ranOn.size > 0 || (number >= POOLS.first && number <= POOLS.last)) {
    problems.push(`item ${number} has neither a test on a cluster nor a reason why not`);
  }
  return undefined;
}

/** Text for a cell of a table; code between backticks stays unchanged. */
function cell(text) {
  return text
    .replaceAll('|', '\\|')
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '\\<') : part))
    .join('`');
}

const inOrder = (a, b) => (`${a.file} ${a.text}` < `${b.file} ${b.text}` ? -1 : 1);

function said({ decision, how }) {
  return how === undefined ? decision : `${decision}: ${cell(how)}`;
}

function row(item, executors) {
  const { number, behaviour, tests, there } = item;
  let lastFile;
  const shown = tests.toSorted(inOrder).flatMap(({ text, file, executors: ran }) => {
    const names = executors.filter((name) => ran.has(name)).join(', ');
    const line = `- ${cell(text)}${names === '' ? '' : ` (${names})`}`;
    if (file === lastFile) return [line];
    lastFile = file;
    return [`[${file.replace(/^test\//, '')}](../${file}):`, line];
  });
  const onIt = there === undefined ? '–' : said(there);
  return `| ${number} | ${cell(behaviour)} | ${said(item)} | ${onIt} | ${shown.join('<br>')} |`;
}

function page(items, testCount, executors) {
  const all = [...items.values()];
  const counts = DECISIONS.map((name) => all.filter(({ decision }) => decision === name).length);
  const onIt = CLUSTER_DECISIONS.map(
    (name) => `${all.filter(({ there }) => there?.decision === name).length} ${name}`,
  );
  const groups = GROUPS.map(([first, title], index) => {
    const last = (GROUPS[index + 1]?.[0] ?? Infinity) - 1;
    const rows = all.filter(({ number }) => number >= first && number <= last);
    if (rows.length === 0) return '';
    const lines = rows.map((item) => row(item, executors));
    return `\n## ${title}\n\n| # | in Python | here | on a cluster | shown by |\n| --- | --- | --- | --- | --- |\n${lines.join('\n')}\n`;
  });
  return `# Parity with Python's concurrent.futures

Written by \`npm run parity\` from \`${ITEMS}\` and a run of the tests; don't edit it.

| ${DECISIONS.join(' | ')} | behaviours | tests |
| ${'--- | '.repeat(DECISIONS.length)}--- | --- |
| ${counts.join(' | ')} | ${all.length} | ${testCount} |

The tests passed on Node ${process.version}, on these executors where one matters: ${executors.join(', ')}.

- kept: as in Python, in this language's words (camelCase, promises, milliseconds).
- adapted: the same contract in another form.
- better: Python has a defect or a trap there, and we don't.
- not applicable: it has no counterpart in Node.

On a \`ClusterExecutor\` it is ${onIt.join(', ')}; – where it is not about executors, because the rest is the same
for all of them.
${groups.join('')}`;
}

const items = readItems();
const results = await runTests();
const executors = await executorNames();
const testCount = assign(results, items, executors);
for (const item of items.values()) item.there = onCluster(item);
if (problems.length > 0) {
  console.error(`\n${PAGE} is not written:\n- ${problems.join('\n- ')}`);
  process.exitCode = 1;
} else {
  mkdirSync('docs', { recursive: true });
  writeFileSync(PAGE, page(items, testCount, executors));
  console.log(`\n${PAGE}: ${items.size} behaviours, ${testCount} tests`);
}
