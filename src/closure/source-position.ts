/** Computes the start of a function's source in its file, from V8's position of its parameters. */
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
    // If the source begins on an earlier line than the parameters, its column is unknown.
    column: before.length === 1 ? Math.max(0, location.column - last.length) : 0,
  };
}

/** For a class, V8 gives the position of its constructor's parameters, if it has a constructor. */
function parametersIn(source: string, kind: FunctionSyntax['kind']): number {
  if (kind === 'arrow') return 0;
  if (kind !== 'class') return Math.max(0, source.indexOf('('));
  const constructor = /\bconstructor['"]?\s*\(/.exec(source);
  return constructor === null ? 0 : constructor.index + constructor[0].length - 1;
}
