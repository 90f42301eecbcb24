/**
 * `npm run primordials`: checks that code in a worker uses no global that a task can change.
 *
 * A task may leave fake timers on, patch `Array.prototype`, replace `process` or freeze everything. The code of this
 * library in the same thread must still work, so it takes its built-ins from `src/util/primordials.ts`, which took them
 * before the first line of user code. This script reads every file that a worker loads, with the types of TypeScript,
 * and reports all lookups at the moment of use:
 *
 *  - a global as a value: `setTimeout`, `process`, `Map`;
 *  - a method of a class that this library has not declared itself: `list.push`, `port.postMessage`;
 *  - what runs iterators: `for … of`, spreading into calls and arrays, destructuring of arrays, `yield*`;
 *  - text made of objects: `${object}`, which asks them for `toString`;
 *  - `instanceof` a class of the language or of Node, which asks it for `Symbol.hasInstance`;
 *  - an async function that returns a promise without awaiting it, which asks that for `then`;
 *  - a default or namespace import of one of Node's modules, whose functions a task may replace.
 *
 * Plain data is fine: indices, `length`, fields, the sizes of buffers. A line that is meant to use the task's globals,
 * or runs in a program only, has a comment on it or above it: `// primordials: <reason>`.
 */
import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import process from 'node:process';
import ts from 'typescript';

const ENTRIES = [
  'src/thread/thread-entry.ts',
  'src/process/process-entry.ts',
  'src/worker/revive.ts',
];
const PRIMORDIALS = resolve('src/util/primordials.ts');

/** Not converted yet. A file without problems must be removed from this list. */
const NOT_YET = [];

/** Globals that are neither writable nor configurable. */
const CONSTANTS = new Set(['undefined', 'NaN', 'Infinity']);
const EXEMPTION = /\/\/ primordials: \S/;

const PRIMITIVE =
  ts.TypeFlags.StringLike |
  ts.TypeFlags.NumberLike |
  ts.TypeFlags.BigIntLike |
  ts.TypeFlags.BooleanLike |
  ts.TypeFlags.Null |
  ts.TypeFlags.Undefined |
  ts.TypeFlags.Void |
  ts.TypeFlags.Never;

const configPath = resolve('tsconfig.json');
const config = ts.parseJsonConfigFileContent(
  ts.readConfigFile(configPath, (path) => ts.sys.readFile(path)).config,
  ts.sys,
  dirname(configPath),
);
const program = ts.createProgram(config.fileNames, config.options);
const checker = program.getTypeChecker();

const found = new Map();
for (const path of reachableFiles()) found.set(path, problemsOf(program.getSourceFile(path)));

const complaints = [];
for (const [path, problems] of found) {
  const name = relative('', path);
  if (!NOT_YET.includes(name)) complaints.push(...problems);
  else if (problems.length === 0) complaints.push(`${name} is converted: take it off NOT_YET.`);
}
for (const name of NOT_YET) {
  if (!found.has(resolve(name)))
    complaints.push(`${name} is no file of a worker: take it off NOT_YET.`);
}

for (const line of complaints) console.error(line);
if (complaints.length > 0) {
  console.error(
    `\n${complaints.length} found. scripts/check-primordials.mjs says what is wrong with them.`,
  );
  process.exitCode = 1;
} else {
  const left = NOT_YET.length === 0 ? '' : `, ${NOT_YET.length} of them not converted yet`;
  console.log(`Nothing found in the ${found.size} files that a worker loads${left}.`);
}

/** The files that are imported for their values, from the entries on. */
function reachableFiles() {
  const reached = new Set(ENTRIES.map((entry) => resolve(entry)));
  for (const path of reached) {
    const file = program.getSourceFile(path);
    if (file === undefined) throw new Error(`${path} is not in the program of tsconfig.json.`);
    for (const statement of file.statements) {
      const specifier = valueSpecifier(statement);
      if (specifier?.startsWith('.') !== true) continue;
      const target = resolve(dirname(path), specifier);
      if (!existsSync(target)) throw new Error(`${path} imports ${specifier}, which is not there.`);
      if (target !== PRIMORDIALS) reached.add(target);
    }
  }
  return reached;
}

/** The module of an import or export, unless the statement names types only. `import { type A }` loads its file. */
function valueSpecifier(statement) {
  const isImport = ts.isImportDeclaration(statement);
  if (!isImport && !ts.isExportDeclaration(statement)) return undefined;
  if (statement.moduleSpecifier === undefined) return undefined;
  if (isImport ? statement.importClause?.isTypeOnly : statement.isTypeOnly) return undefined;
  return statement.moduleSpecifier.text;
}

function problemsOf(file) {
  const lines = file.text.split('\n');
  const problems = [];
  const report = (node, text) => {
    const start = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
    if (isExempt(lines, start)) return;
    const place = `${relative('', file.fileName)}:${start + 1}`;
    problems.push(`${place}: ${text}`);
  };
  visit(file);
  return problems;

  function visit(node) {
    if (isTypeOnly(node)) return;
    inspect(node, report);
    ts.forEachChild(node, visit);
  }
}

/** On the line itself, or in the comment right above it. */
function isExempt(lines, line) {
  if (EXEMPTION.test(lines[line])) return true;
  for (let above = line - 1; /^\s*\/\//.test(lines[above] ?? ''); above--) {
    if (EXEMPTION.test(lines[above])) return true;
  }
  return false;
}

function isTypeOnly(node) {
  if (ts.isExpressionWithTypeArguments(node)) return isOfInterface(node);
  return (
    ts.isTypeNode(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    (ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) === true)
  );
}

/** `implements X`; `extends X` of a class is a value. */
function isOfInterface(node) {
  return ts.isHeritageClause(node.parent) && node.parent.token === ts.SyntaxKind.ImplementsKeyword;
}

function inspect(node, report) {
  if (ts.isImportDeclaration(node)) inspectImport(node, report);
  else if (ts.isIdentifier(node)) inspectIdentifier(node, report);
  else if (ts.isPropertyAccessExpression(node)) inspectProperty(node.name, report);
  else if (ts.isElementAccessExpression(node)) inspectElement(node, report);
  else if (ts.isForOfStatement(node))
    report(node, 'for … of asks for an iterator; count an index.');
  else if (ts.isSpreadElement(node))
    report(node, 'spreading asks for an iterator; apply(), or copy by index.');
  else if (ts.isArrayBindingPattern(node))
    report(node, 'destructuring of an array asks for an iterator; use indices.');
  else if (ts.isObjectBindingPattern(node)) inspectPattern(node, report);
  else if (ts.isYieldExpression(node) && node.asteriskToken !== undefined)
    report(node, 'yield* asks for an iterator; yield the items by index.');
  else if (ts.isTemplateSpan(node)) inspectText(node.expression, report);
  else if (ts.isBinaryExpression(node)) inspectBinary(node, report);
  else if (ts.isReturnStatement(node)) inspectReturn(node, node.expression, report);
  else if (ts.isArrowFunction(node) && !ts.isBlock(node.body))
    inspectReturn(node.body, node.body, report);
}

function inspectImport({ importClause, moduleSpecifier }, report) {
  if (importClause === undefined || importClause.isTypeOnly) return;
  if (!moduleSpecifier.text.startsWith('node:')) return;
  const { name, namedBindings } = importClause;
  if (name !== undefined || (namedBindings !== undefined && ts.isNamespaceImport(namedBindings)))
    report(importClause, `import the functions of ${moduleSpecifier.text} by name.`);
}

/** A free name in a position where it is a value. */
function inspectIdentifier(node, report) {
  if (CONSTANTS.has(node.text) || !isReference(node)) return;
  const symbol = ts.isShorthandPropertyAssignment(node.parent)
    ? checker.getShorthandAssignmentValueSymbol(node.parent)
    : checker.getSymbolAtLocation(node);
  if (symbol === undefined || node.text === 'arguments') return;
  const { declarations = [] } = symbol;
  if (declarations.length > 0 && !declarations.every(isForeign)) return;
  if (declarations.length === 0 && node.text !== 'globalThis') return;
  report(node, `${node.text} is looked up on the global object.`);
}

/** Not a declaration, nor the name of a property. */
function isReference(node) {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  if (ts.isShorthandPropertyAssignment(parent)) return parent.name === node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent))
    return false;
  if (ts.isExportSpecifier(parent) || ts.isMetaProperty(parent) || ts.isQualifiedName(parent))
    return false;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  return parent.name !== node;
}

/** Declared by the language, Node or a package, not in this library. */
function isForeign(declaration) {
  return declaration.getSourceFile().isDeclarationFile;
}

function inspectProperty(name, report) {
  const symbol = checker.getSymbolAtLocation(name);
  if (symbol !== undefined) inspectMember(name, name.text, symbol, report);
}

function inspectElement({ expression, argumentExpression }, report) {
  const type = checker.getTypeAtLocation(argumentExpression);
  if (!type.isStringLiteral() && !(type.flags & ts.TypeFlags.UniqueESSymbol)) return;
  const name = type.isStringLiteral() ? type.value : type.escapedName;
  const symbol = checker.getTypeAtLocation(expression).getProperty(name);
  if (symbol !== undefined) inspectMember(argumentExpression, name, symbol, report);
}

function inspectPattern({ elements }, report) {
  for (const { name, propertyName, dotDotDotToken, parent } of elements) {
    const key = propertyName ?? name;
    if (dotDotDotToken !== undefined || !ts.isIdentifier(key)) continue;
    const symbol = checker.getTypeAtLocation(parent).getProperty(key.text);
    if (symbol !== undefined) inspectMember(key, key.text, symbol, report);
  }
}

/** A task can replace functions of built-in objects, and the getters of collections' sizes. */
function inspectMember(node, name, symbol, report) {
  const { declarations = [] } = symbol;
  if (declarations.length === 0 || !declarations.every(isForeign)) return;
  const owner = declarations[0].parent.name?.text ?? 'its class';
  // A descriptor is a fresh object, with own properties.
  if (owner.endsWith('PropertyDescriptor')) return;
  const isSize = name === 'size' && /^(?:Readonly)?(?:Map|Set)$/.test(owner);
  if (!isSize && !isCallable(checker.getTypeOfSymbolAtLocation(symbol, node))) return;
  report(node, `${name} of ${owner} is looked up on what a task can patch.`);
}

function isCallable(type) {
  if (type.isUnion()) return type.types.some(isCallable);
  return type.getCallSignatures().length + type.getConstructSignatures().length > 0;
}

function isPrimitive(type) {
  if (type.isUnion()) return type.types.every(isPrimitive);
  if (type.isIntersection()) return type.types.some(isPrimitive);
  const { flags } = checker.getBaseConstraintOfType(type) ?? type;
  return (flags & PRIMITIVE) !== 0;
}

function inspectText(expression, report) {
  if (!isPrimitive(checker.getTypeAtLocation(expression)))
    report(expression, 'made a text of, an object is asked for toString.');
}

function inspectBinary({ left, operatorToken, right }, report) {
  if (operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword) {
    const { symbol } = checker.getTypeAtLocation(right);
    if (symbol?.declarations?.every(isForeign) === true)
      report(right, 'instanceof asks the class for Symbol.hasInstance; isInstance() does not.');
  } else if (operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    if (ts.isArrayLiteralExpression(left))
      report(left, 'destructuring of an array asks for an iterator; use indices.');
  }
}

/** The promise of an async function follows a returned one by calling its `then`; `await` does not. */
function inspectReturn(node, expression, report) {
  if (expression === undefined || ts.isAwaitExpression(expression)) return;
  const enclosing = ts.findAncestor(node.parent, ts.isFunctionLike);
  const isAsync = enclosing?.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
  if (isAsync !== true || !mayBePromise(checker.getTypeAtLocation(expression))) return;
  report(node, 'an async function returns a promise by its then; return await it.');
}

function mayBePromise(type) {
  if (type.isUnion()) return type.types.some(mayBePromise);
  return type.getProperty('then') !== undefined;
}
