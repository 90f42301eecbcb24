/** The examples as programs: all of them compiled at once, as a user's compiler does it, and each in a file of its own. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { type Example, examplesOfPage, examplesOfSource } from './example-blocks.js';
import { findPages } from './pages.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Below the package, so that its name leads to what was built. */
const FOLDER = join(ROOT, 'build/doc-examples');
const SOURCES = join(FOLDER, 'source');
/** Modules that examples import, as they would import their own. */
const MODULES = join(ROOT, 'test/fixtures/pages');

/** What an example is run in. */
export const PROGRAMS = join(FOLDER, 'program');

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  allowJs: true,
  checkJs: true,
  skipLibCheck: true,
  outDir: PROGRAMS,
  rootDir: SOURCES,
};

/** Those of the README, the guides, and the doc comments. */
export function allExamples(): Example[] {
  const pages = findPages().filter((file) => /^(README\.md|docs\/guide\/.*)$/.test(file));
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file))
    .toSorted();
  const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
  return [
    ...pages.flatMap((file) => examplesOfPage(file, read(file))),
    ...sources.flatMap((file) => examplesOfSource(file, read(file))),
  ];
}

/** `docs/guide/errors.md:12` */
export function placeOf({ file, line }: Example): string {
  return `${file}:${line}`;
}

/** The name of its compiled file. */
export function programOf(example: Example): string {
  return `${placeOf(example).replace(/\W+/g, '-')}.${example.language === 'cjs' ? 'cjs' : 'js'}`;
}

function sourceOf(example: Example): string {
  return example.language === 'ts' ? programOf(example).replace(/js$/, 'ts') : programOf(example);
}

/**
 * Compiles the examples, with the modules that they import.
 *
 * @returns what the compiler says against each, with the line of the page; what it says of the modules has the key `''`.
 */
export function compileExamples(examples: readonly Example[]): ReadonlyMap<string, string[]> {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(SOURCES, { recursive: true });
  cpSync(MODULES, SOURCES, { recursive: true });
  for (const example of examples) {
    const text = [...example.prelude, ...example.code, ''].join('\n');
    writeFileSync(join(SOURCES, sourceOf(example)), text);
  }
  const bySource = new Map(examples.map((example) => [sourceOf(example), example]));
  const files = readdirSync(SOURCES).map((file) => join(SOURCES, file));
  const program = ts.createProgram(files, OPTIONS);
  program.emit();
  const problems = new Map<string, string[]>();
  for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
    const example = bySource.get(basename(diagnostic.file?.fileName ?? ''));
    if (example !== undefined && example.language !== 'ts' && isAboutTypes(diagnostic)) continue;
    const key = example === undefined ? '' : placeOf(example);
    problems.set(key, [...(problems.get(key) ?? []), problemOf(diagnostic, example)]);
  }
  return problems;
}

/** `implicitly has an 'any' type` and the like: JavaScript has no way to say more. */
function isAboutTypes({ code }: ts.Diagnostic): boolean {
  return code >= 7000 && code < 7100;
}

function problemOf({ file, start, messageText }: ts.Diagnostic, example?: Example): string {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (file === undefined || start === undefined) return message;
  const { line } = file.getLineAndCharacterOfPosition(start);
  if (example === undefined) return `${relative(ROOT, file.fileName)}:${line + 1}: ${message}`;
  return `${example.file}:${example.line + line - example.prelude.length}: ${message}`;
}
