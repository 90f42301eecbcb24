/** Examples as programs: compiled at once, as a user's compiler does it, and each in a file of its own. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { type Example, examplesOfPage, examplesOfSource } from './example-blocks.js';
import { findPages, readPage } from './pages.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Below the package, so that its name leads to what was built. */
const FOLDER = join(ROOT, 'build/doc-examples');
/** Modules that examples import, as they would import their own. */
const MODULES = join(ROOT, 'test/fixtures/pages');

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
};

export interface CompiledExamples {
  /** The folder of the programs. */
  readonly folder: string;
  /** What the compiler says against an example, with the line of the page; `''`: against the modules that examples import. */
  problemsOf(place: string): readonly string[];
}

export function examplesOfPages(): Example[] {
  return findPages()
    .filter((file) => /^(README\.md|docs\/guide\/.*)$/.test(file))
    .flatMap((file) => examplesOfPage(file, readPage(file)));
}

export function examplesOfComments(): Example[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file))
    .toSorted()
    .flatMap((file) => examplesOfSource(file, readFileSync(join(ROOT, file), 'utf8')));
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

/** Compiles examples, with the modules that they import, in a folder of this name. */
export function compileExamples(name: string, examples: readonly Example[]): CompiledExamples {
  const sources = join(FOLDER, name, 'source');
  const folder = join(FOLDER, name, 'program');
  rmSync(join(FOLDER, name), { recursive: true, force: true });
  mkdirSync(sources, { recursive: true });
  cpSync(MODULES, sources, { recursive: true });
  for (const example of examples) {
    const text = [...example.prelude, ...example.code, ''].join('\n');
    writeFileSync(join(sources, sourceOf(example)), text);
  }
  const files = readdirSync(sources).map((file) => join(sources, file));
  const program = ts.createProgram(files, { ...OPTIONS, rootDir: sources, outDir: folder });
  program.emit();
  const problems = problemsIn(program, examples);
  return { folder, problemsOf: (place) => problems.get(place) ?? [] };
}

function problemsIn(program: ts.Program, examples: readonly Example[]): Map<string, string[]> {
  const bySource = new Map(examples.map((example) => [sourceOf(example), example]));
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
