/**
 * The examples of pages and doc comments, and the lines that each says it prints.
 *
 * A block that begins with ```ts, ```js or ```cjs is a whole program. `check` behind that: it is compiled, and not run. `other`: it is
 * no program of this package. Lines that a reader does not need stand in a comment directly above the block:
 *
 *     <!-- prelude
 *     declare const path: string;
 *     -->
 */
import ts from 'typescript';

export interface Example {
  readonly file: string;
  /** Where its first line of code is, from 1. */
  readonly line: number;
  readonly language: Language;
  /** False: it needs something that is not there, a server for example. */
  readonly runs: boolean;
  readonly prelude: readonly string[];
  readonly code: readonly string[];
}

type Language = 'ts' | 'js' | 'cjs';

const LANGUAGES: readonly string[] = ['ts', 'js', 'cjs'] satisfies Language[];
const FENCE = /^\s*```(\w*) ?(.*)$/;

/** @throws Error if the words behind the language of a block mean nothing. */
export function examplesOfPage(file: string, text: string): Example[] {
  const lines = text.split('\n');
  const found: Example[] = [];
  for (let i = 0; i < lines.length; i++) {
    const fence = FENCE.exec(lines[i] ?? '');
    if (fence === null) continue;
    const [, language = '', words = ''] = fence;
    const end = lines.findIndex((line, at) => at > i && /^\s*```$/.test(line));
    if (end === -1) throw new Error(`${file}:${i + 1}: this block has no end`);
    if (isLanguage(language) && words !== 'other') {
      if (words !== '' && words !== 'check')
        throw new Error(`${file}:${i + 1}: '${words}' is neither 'check' nor 'other'`);
      found.push({
        file,
        line: i + 2,
        language,
        runs: words === '',
        prelude: preludeAbove(lines, i),
        code: lines.slice(i + 1, end),
      });
    }
    i = end;
  }
  return found;
}

function isLanguage(text: string): text is Language {
  return LANGUAGES.includes(text);
}

function preludeAbove(lines: readonly string[], fence: number): string[] {
  if (lines[fence - 1]?.trim() !== '-->') return [];
  const begin = lines.slice(0, fence).findLastIndex((line) => line.trim() === '<!-- prelude');
  return begin === -1 ? [] : lines.slice(begin + 1, fence - 1);
}

/** The blocks in the doc comments of a source file. */
export function examplesOfSource(file: string, text: string): Example[] {
  let isComment = false;
  const comments = text.split('\n').map((line) => {
    if (line.trimStart().startsWith('/**')) isComment = true;
    const said = isComment ? line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, '') : '';
    if (line.includes('*/')) isComment = false;
    return said.replace(/\s*\*\/.*$/, '');
  });
  return examplesOfPage(file, comments.join('\n'));
}

/**
 * What the comments behind the statements with `console.log` say, in order. Further lines of the same output follow as
 * comments of their own, directly below. A statement without a comment says that nothing is printed.
 */
export function linesSaid(code: readonly string[]): string[] {
  const text = code.join('\n');
  const source = ts.createSourceFile('example.ts', text, ts.ScriptTarget.Latest, true);
  const said: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isPrint(node)) {
      const { end } = statementOf(node);
      const [comment] = ts.getTrailingCommentRanges(text, end) ?? [];
      const at = source.getLineAndCharacterOfPosition(end).line;
      if (comment !== undefined)
        said.push(text.slice(comment.pos + 2, comment.end).trim(), ...commentsFrom(code, at + 1));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return said;
}

function commentsFrom(code: readonly string[], first: number): string[] {
  const below = code.slice(first).map((line) => /^\s*\/\/ ?(.*)$/.exec(line)?.[1]);
  const end = below.indexOf(undefined);
  return below.slice(0, end === -1 ? below.length : end).filter((line) => line !== undefined);
}

function isPrint(node: ts.Node): boolean {
  return ts.isCallExpression(node) && node.expression.getText() === 'console.log';
}

function statementOf(node: ts.Node): ts.Node {
  return ts.isStatement(node) ? node : statementOf(node.parent);
}

/** Whether a line that was printed is the one that the comment says, in which `…` stands for anything. */
export function isAsSaid(printed: string, said: string): boolean {
  const parts = said.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(printed.trim());
}
