/**
 * Finds the default export of a module: a variable of the module, or a function or class without a name in the
 * module. The latter can only be found by its position.
 */
import { stringValue } from './lexer.ts';
import { endsStatement, skipAngles } from './module-tokens.ts';
import type { Token } from './token.ts';

/**
 * @param start - index of the first token after `default`.
 * @returns the name of the variable, or the offset that V8 reports as the function's position: the `(` of its
 *   parameters; the start of an arrow function; the start of a class that has no constructor.
 */
export function defaultExport(
  source: string,
  tokens: readonly Token[],
  start: number,
): string | number | undefined {
  const text = (index: number): string => tokens[index]?.text ?? '';
  const first = text(start);
  const at = first === 'abstract' && text(start + 1) === 'class' ? start + 1 : start;
  const keyword = text(at) === 'async' && text(at + 1) === 'function' ? at + 1 : at;
  if (text(keyword) === 'function' || text(keyword) === 'class') {
    const nameAt = text(keyword + 1) === '*' ? keyword + 2 : keyword + 1;
    const name = tokens[nameAt];
    const named =
      name?.kind === 'identifier' && name.text !== 'extends' && name.text !== 'implements';
    return named ? name.text : offsetOf(source, tokens, at);
  }
  const behind = tokens[start + 1];
  if (tokens[start]?.kind === 'identifier' && first !== 'async') {
    const cast = (behind?.text === 'as' || behind?.text === 'satisfies') && !behind.newline;
    if (endsStatement(behind) || cast) return isName(first) ? first : undefined;
  }
  return offsetOf(source, tokens, start);
}

function isName(word: string): boolean {
  return !/^(?:this|null|true|false|interface)$/u.test(word);
}

/** The position of the function, if the expression at `start` is a function and nothing else. */
function offsetOf(source: string, tokens: readonly Token[], start: number): number | undefined {
  const text = (index: number): string => tokens[index]?.text ?? '';
  const first = tokens[start];
  if (first === undefined) return undefined;
  if (first.text === 'class') return offsetOfClass(source, tokens, start);
  const asynchronous = first.text === 'async' && tokens[start + 1]?.newline === false;
  const at = asynchronous ? start + 1 : start;
  if (text(at) === 'function') {
    const open = tokens.findIndex((token, index) => index > at && token.text === '(');
    return tokens[open]?.start;
  }
  if (tokens[at]?.kind === 'identifier') {
    return text(at + 1) === '=>' ? first.start : undefined;
  }
  const open = text(at) === '<' ? skipAngles(tokens, at) : at;
  const parameters = tokens[open];
  if (parameters?.text !== '(' || parameters.partner < 0) return undefined;
  const behind = text(parameters.partner + 1);
  // Only the return type of an arrow function can follow as a `:`.
  if (behind === '=>' || behind === ':') return asynchronous ? first.start : parameters.start;
  if (asynchronous || open !== at || !endsStatement(tokens[parameters.partner + 1], ')')) {
    return undefined;
  }
  for (let index = open + 1; index < parameters.partner; index++) {
    if (text(index) === ',') return undefined;
    index = Math.max(index, tokens[index]?.partner ?? -1);
  }
  return offsetOf(source, tokens, open + 1);
}

function offsetOfClass(
  source: string,
  tokens: readonly Token[],
  start: number,
): number | undefined {
  const body = bodyOf(tokens, start);
  const end = tokens[body]?.partner ?? -1;
  for (let at = body + 1; at < end; at++) {
    const token = tokens[at];
    const parameters = tokens[at + 1];
    if (
      token?.key === true &&
      (token.text === 'constructor' ||
        (token.kind === 'string' && stringValue(source, token) === 'constructor')) &&
      parameters?.text === '(' &&
      tokens[at - 1]?.text !== 'static' &&
      tokens[parameters.partner + 1]?.role === 'function'
    ) {
      return parameters.start;
    }
    at = Math.max(at, token?.partner ?? -1);
  }
  return tokens[start]?.start;
}

/** The last body in the expression: a class may extend a class that is written in its own `extends` clause. */
function bodyOf(tokens: readonly Token[], start: number): number {
  let body = -1;
  for (let at = start + 1; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.role === 'class') body = at;
    else if (body >= 0) break;
    at = Math.max(at, token?.partner ?? -1);
  }
  return body;
}
