/**
 * The public API of each entry as text: names, kinds and signatures, without comments, sorted.
 *
 * It is read from the published declarations. Types that cannot be imported by name follow at the end if public ones
 * mention them, because a change of these changes the public ones.
 */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ENTRIES = ['index', 'cluster', 'register'];

const FOLDER = fileURLToPath(new URL('../dist/bundle/', import.meta.url));
const LONG = 120;
const printer = ts.createPrinter({ removeComments: true });

/** @returns the text for each of {@link ENTRIES}, by name. */
export function publicApi() {
  const program = ts.createProgram(ENTRIES.map(fileOf), {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    noLib: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const exported = ENTRIES.map((entry) => exportsOf(program, checker, entry));
  const importable = new Set(exported.flatMap((list) => list.map(({ symbol }) => symbol)));
  const texts = exported.map((list) => textOf(checker, list, importable));
  return Object.fromEntries(ENTRIES.map((entry, index) => [entry, texts[index]]));
}

function fileOf(entry) {
  return `${FOLDER}${entry}.d.ts`;
}

function exportsOf(program, checker, entry) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(fileOf(entry)));
  if (module === undefined) return [];
  return checker.getExportsOfModule(module).map((alias) => ({
    name: alias.name,
    isTypeOnly: alias.declarations.some(
      (each) => ts.isExportSpecifier(each) && each.parent.parent.isTypeOnly,
    ),
    symbol: declared(checker, alias),
  }));
}

/** The symbol behind an import or export. */
function declared(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function textOf(checker, exported, importable) {
  const hidden = new Set();
  for (const { symbol } of exported) addHidden(checker, symbol, importable, hidden);
  const parts = exported.map(printExport).toSorted(byText);
  if (parts.length === 0) parts.push('// No exports.');
  if (hidden.size > 0) parts.push('// Mentioned above, and not exported:');
  parts.push(...Array.from(hidden, print).toSorted(byText));
  return `${parts.join('\n\n')}\n`;
}

/** By code units: the same order on every machine. */
function byText(a, b) {
  return a < b ? -1 : 1;
}

/**
 * Adds the types that the declarations of `symbol` mention and that cannot be imported, and those that these mention in
 * turn.
 */
function addHidden(checker, symbol, importable, hidden) {
  symbol.declarations.forEach(visit);

  function visit(node) {
    if (ts.isIdentifier(node)) {
      const local = checker.getSymbolAtLocation(node);
      if (local !== undefined) add(declared(checker, local));
    }
    ts.forEachChild(node, visit);
  }

  function add(found) {
    if (importable.has(found) || hidden.has(found) || !isPublished(found)) return;
    hidden.add(found);
    addHidden(checker, found, importable, hidden);
  }
}

/** True for a declaration at the top level of a published file. */
function isPublished({ declarations = [] }) {
  return declarations.some((each) => {
    const { parent } = statementOf(each);
    return parent !== undefined && ts.isSourceFile(parent) && parent.fileName.startsWith(FOLDER);
  });
}

function statementOf(declaration) {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

function printExport({ name, isTypeOnly, symbol }) {
  const notes = [];
  if (name !== symbol.name) notes.push(`// exported as ${name}`);
  if (isTypeOnly && symbol.flags & ts.SymbolFlags.Value) notes.push('// exported as a type only');
  return [print(symbol), ...notes].join('\n');
}

function print(symbol) {
  const texts = symbol.declarations.map((each) => {
    const statement = statementOf(each);
    const text = printer.printNode(ts.EmitHint.Unspecified, statement, each.getSourceFile());
    return text.replace('\n    #private;', '').replace(/^declare /, '');
  });
  return texts.map(breakUnion).join('\n');
}

/** A long union gets a line for each of its types, so that a diff shows which one has changed. */
function breakUnion(text) {
  return text.length > LONG && !text.includes('\n') ? text.replaceAll(' | ', '\n    | ') : text;
}
