/**
 * `npm run names`: one name, one meaning. No two files of `src/` export the same name, value or type, unless the list
 * below gives the reason. Re-exports (`export … from`) do not count.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

const FOLDER = 'src';

/** Each name that several files export: the reason, and the files. An entry that is not needed is an error. */
/** @type {Record<string, readonly [reason: string, ...files: string[]]>} */
const SHARED_NAMES = {};

const filesByName = new Map();
for (const path of readdirSync(FOLDER, { recursive: true })) {
  if (!path.endsWith('.ts')) continue;
  const file = path.replaceAll(sep, '/').replace(/\.ts$/, '');
  for (const name of namesExportedBy(join(FOLDER, path)))
    filesByName.set(name, [...(filesByName.get(name) ?? []), file]);
}

const problems = [];
for (const [name, files] of filesByName) {
  const [, ...allowed] = Object.hasOwn(SHARED_NAMES, name) ? SHARED_NAMES[name] : [];
  const others = files.filter((file) => !allowed.includes(file));
  if (files.length > 1 && others.length > 0)
    problems.push(`${name} is exported by ${files.join(' and ')}: rename it, or give a reason.`);
}
for (const [name, [, ...allowed]] of Object.entries(SHARED_NAMES)) {
  const files = filesByName.get(name) ?? [];
  if (allowed.length < 2 || !allowed.every((file) => files.includes(file)))
    problems.push(`${name} is exported by ${files.join(' and ') || 'no file'}, and not as listed.`);
}

for (const problem of problems) console.error(problem);
const shared = Object.keys(SHARED_NAMES).length;
console.log(`${filesByName.size} exported names, ${shared} shared, ${problems.length} problems`);
process.exitCode = problems.length > 0 || filesByName.size === 0 ? 1 : 0;

function namesExportedBy(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return new Set(source.statements.flatMap(namesOf));
}

function namesOf(statement) {
  if (ts.isExportDeclaration(statement)) {
    const { exportClause, moduleSpecifier } = statement;
    const isOwn = moduleSpecifier === undefined && exportClause !== undefined;
    return isOwn ? exportClause.elements.map(({ name }) => name.text) : [];
  }
  const isExported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
  if (!isExported) return [];
  if (!ts.isVariableStatement(statement))
    return statement.name === undefined ? [] : [statement.name.text];
  return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
}

/** The names of `const a`, and of `const { a, b: [c] }`. */
function boundNames(name) {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : boundNames(element.name),
  );
}
