/** Where a function's source begins in its file. V8 tells where its parameters begin. */
import type { Sight } from '../lookup/inspector-session.ts';
import type { FunctionSyntax } from '../source/function-syntax.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

export function startOf(
  source: string,
  kind: FunctionSyntax['kind'],
  location: Sight['location'],
): Position {
  if (location === undefined) return { line: 0, column: 0 };
  const before = source.slice(0, parametersIn(source, kind)).split('\n');
  const last = before.at(-1) ?? '';
  return {
    line: Math.max(0, location.line - (before.length - 1)),
    // Of a source whose first line is above that one, the column can't be told.
    column: before.length === 1 ? Math.max(0, location.column - last.length) : 0,
  };
}

/** Of a class V8 tells where the parameters of its constructor begin, if it has one. */
function parametersIn(source: string, kind: FunctionSyntax['kind']): number {
  if (kind === 'arrow') return 0;
  if (kind !== 'class') return Math.max(0, source.indexOf('('));
  const constructor = /\bconstructor['"]?\s*\(/.exec(source);
  return constructor === null ? 0 : constructor.index + constructor[0].length - 1;
}
