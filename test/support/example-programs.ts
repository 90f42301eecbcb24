/** Examples as programs: compiled at once, as a user's compiler does it, and each in a file of its own. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Example, examplesOfPage, examplesOfSource } from './example-blocks.js';
import { findPages, readPage } from './pages.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Below the package, so that its name leads to what was built. */
const FOLDER = join(ROOT, 'build/doc-examples');
/** Modules that examples import, as they would import their own. */
const MODULES = join(ROOT, 'test/fixtures/pages');

const OPTIONS = {
  strict: true,
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  moduleDetection: 'force',
  types: ['node'],
  allowJs: true,
  checkJs: true,
  skipLibCheck: true,
};
/** The compiler of the build, which takes a tenth of the time that the one with an interface for programs takes. */
const COMPILER = join(ROOT, 'node_modules/@typescript/native/bin/tsc');

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
  const compilerOptions = { ...OPTIONS, rootDir: sources, outDir: folder };
  writeFileSync(join(sources, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [COMPILER, '--pretty', 'false', '-p', sources],
    {
      encoding: 'utf8',
    },
  );
  const problems = problemsIn(stdout + stderr, examples);
  return { folder, problemsOf: (place) => problems.get(place) ?? [] };
}

/** `file(line,column): error TS2345: message`, further lines of which are indented. */
const PROBLEM = /^(?:(?<path>.+)\((?<line>\d+),\d+\): )?error TS(?<code>\d+): (?<message>.*)$/s;

function problemsIn(output: string, examples: readonly Example[]): Map<string, string[]> {
  const bySource = new Map(examples.map((example) => [sourceOf(example), example]));
  const problems = new Map<string, string[]>();
  for (const text of output.split(/\n(?! )/)) {
    if (text.trim() === '') continue;
    const { path = '', line = '0', code = '0', message = text } = PROBLEM.exec(text)?.groups ?? {};
    const example = bySource.get(basename(path));
    if (example !== undefined && example.language !== 'ts' && isAboutTypes(Number(code))) continue;
    const key = example === undefined ? '' : placeOf(example);
    const where =
      example === undefined
        ? `${path}:${line}`
        : `${example.file}:${lineOf(example, Number(line))}`;
    problems.set(key, [...(problems.get(key) ?? []), `${where}: ${message}`]);
  }
  return problems;
}

/** The line of the page for a line of the program. */
function lineOf({ line, prelude }: Example, compiled: number): number {
  return line + compiled - 1 - prelude.length;
}

/** `implicitly has an 'any' type` and the like: JavaScript has no way to say more. */
function isAboutTypes(code: number): boolean {
  return code >= 7000 && code < 7100;
}
