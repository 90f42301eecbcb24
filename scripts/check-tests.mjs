/**
 * `npm run check:tests`: checks that every test asserts something, and that none waits for time to pass.
 *
 * A test that asserts nothing passes whatever happens, as long as it does not throw or hang. A function asserts if it
 * names `assert`, or calls a function that does, of the same file or of an imported one; methods are compared by name
 * only.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const FOLDER = 'test';
const DECLARES_TESTS = new Set(['test', 'it']);
/** Files in which a timer is not a wait, with the reason. */
const TIMERS = {
  'test/support/processes.ts':
    'What the system knows can only be asked, and is not asked all the time.',
  'test/runtimes/checks.ts':
    'Workers go to sleep when they have been idle for a while, and nobody is told.',
  'test/fixtures/tasks.ts': 'A task that takes time.',
  'test/fixtures/cluster-tasks.ts': 'A task that takes time.',
};

const problems = [];
const files = new Map(
  readdirSync(FOLDER, { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('-d.ts'))
    .map((name) => [resolve(FOLDER, name), join(FOLDER, name)])
    .map(([path, name]) => [path, read(path, name)]),
);

/** Reads the declarations, imports and tests of a file. */
function read(path, name) {
  const source = ts.createSourceFile(
    path,
    readFileSync(path, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const file = { name, source, functions: new Map(), imports: new Map(), tests: [] };
  visit(source, (node) => {
    if (ts.isImportDeclaration(node)) readImport(file, path, node);
    else if (isFunction(node) && node.name !== undefined) add(file, node.name.getText(), node.body);
    else if (ts.isVariableDeclaration(node) && node.initializer !== undefined)
      add(file, node.name.getText(), node.initializer);
    else if (ts.isPropertyAssignment(node)) add(file, node.name.getText(), node.initializer);
    if (ts.isCallExpression(node) && isTest(node))
      file.tests.push({ node, title: node.arguments[0], body: node.arguments.at(-1) });
    else if (ts.isMethodDeclaration(node) && isCheck(node))
      file.tests.push({ node, title: property(node.parent, 'name'), body: node.body });
  });
  return file;
}

function visit(node, look) {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

function isFunction(node) {
  return ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node);
}

function add({ functions }, name, body) {
  if (body !== undefined) functions.set(name, [...(functions.get(name) ?? []), body]);
}

function readImport({ imports }, path, { moduleSpecifier, importClause }) {
  const { text } = moduleSpecifier;
  const target = text.startsWith('.') ? resolve(dirname(path), text.replace(/\.js$/, '.ts')) : text;
  const bindings = importClause?.namedBindings;
  for (const { name, propertyName } of bindings?.elements ?? [])
    imports.set(name.text, { target, name: (propertyName ?? name).text });
}

/** `test(…)`, and `t.test(…)` within one. */
function isTest({ expression, arguments: given }) {
  const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  return (
    ts.isIdentifier(name) &&
    DECLARES_TESTS.has(name.text) &&
    given.length > 1 &&
    ts.isFunctionLike(given.at(-1))
  );
}

/** The programs for Bun and Deno have a list of these instead. */
function isCheck({ name, parent }) {
  return name.getText() === 'run' && property(parent, 'kinds') !== undefined;
}

function property(object, name) {
  return object.properties?.find((each) => each.name?.getText() === name)?.initializer;
}

/**
 * True if code below `node` asserts something.
 * @param asked - the functions that are being examined.
 */
function asserts(file, node, asked = new Set()) {
  if (asked.has(node)) return false;
  asked.add(node);
  let found = false;
  visit(node, (each) => {
    found ||= ts.isIdentifier(each) && (each.text === 'assert' || leadsToOne(file, each, asked));
  });
  return found;
}

function leadsToOne(file, { text, parent }, asked) {
  const here = file.functions.get(text) ?? [];
  if (here.some((body) => asserts(file, body, asked))) return true;
  const imported = file.imports.get(text);
  const there = files.get(imported?.target);
  if (there !== undefined)
    return (there.functions.get(imported.name) ?? []).some((body) => asserts(there, body, asked));
  // A method of an imported object: its file is unknown here.
  if (!ts.isPropertyAccessExpression(parent) || parent.name.text !== text) return false;
  return [...file.imports.values()].some(({ target }) => {
    const from = files.get(target);
    return (from?.functions.get(text) ?? []).some(
      (body) => ts.isMethodDeclaration(body.parent) && asserts(from, body, asked),
    );
  });
}

function where({ name, source }, node) {
  return `${name}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

/** A timer that code waits for: `await delay(5)`, `new Promise((resolve) => setTimeout(resolve, 5))`. */
function sleepsIn(file) {
  const found = [];
  visit(file.source, (node) => {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return;
    const { target, name } = file.imports.get(node.expression.text) ?? {};
    const isPromised = target === 'node:timers/promises' && name === 'setTimeout';
    // A task that takes time, called here and not in a worker.
    const isTask = name === 'sleep' && target?.endsWith('fixtures/tasks.ts');
    const isNamed = node.expression.text === 'setTimeout' && isResolver(node);
    if (isPromised || isTask || isNamed) found.push(node);
  });
  return found;
}

function isResolver({ arguments: [called], parent }) {
  let outer = parent;
  while (outer !== undefined && !ts.isNewExpression(outer)) outer = outer.parent;
  const resolver = outer?.arguments?.[0]?.parameters?.[0]?.name.getText();
  return resolver !== undefined && called?.getText().includes(resolver);
}

let tests = 0;
for (const file of files.values()) {
  for (const { node, title, body } of file.tests) {
    tests++;
    if (!asserts(file, body))
      problems.push(`${where(file, node)}: a test that asserts nothing: ${title?.getText()}`);
  }
  if (file.name in TIMERS) continue;
  for (const sleep of sleepsIn(file))
    problems.push(
      `${where(file, sleep)}: waits for time to pass; wait for what is to happen meanwhile`,
    );
}

for (const problem of problems) console.error(problem);
console.log(`${tests} places that declare tests, ${problems.length} problems`);
process.exitCode = problems.length > 0 || tests === 0 ? 1 : 0;
