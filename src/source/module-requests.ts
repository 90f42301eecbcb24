/**
 * Lists the modules that a text loads: the specifiers of its imports, of its re-exports, and of `import(…)` and
 * `require(…)` with a literal argument.
 *
 * `import type` is not in the list, because only the compiler uses it. An import with names is listed even if some
 * of them are types: the text does not show whether the others are types, too.
 */
import { stringValue, tokenize } from './lexer.ts';
import { isModifier } from './module-tokens.ts';
import type { Token } from './token.ts';

/** The specifiers in the order of the text, each once. The text may be a module's or a function's. */
export function moduleRequests(text: string): readonly string[] {
  const tokens = tokenize(text);
  const found = new Set<string>();
  /** The end of the outermost open bracket. Declarations of modules are in no bracket. */
  let close = -1;
  for (let at = 0; at < tokens.length; at++) {
    const specifier = requestAt(text, tokens, at, at > close);
    if (specifier !== undefined) found.add(specifier);
    close = Math.max(close, tokens[at]?.partner ?? -1);
  }
  return [...found];
}

function requestAt(
  text: string,
  tokens: readonly Token[],
  at: number,
  atTop: boolean,
): string | undefined {
  const token = tokens[at];
  if (token?.kind !== 'identifier' || isMember(tokens, at)) return undefined;
  switch (token.text) {
    case 'require':
      return isErased(tokens, at) ? undefined : argument(text, tokens, at + 1);
    case 'import':
      return imported(text, tokens, at, atTop);
    case 'export':
      return atTop ? declared(text, tokens, at + 1) : undefined;
    default:
      return undefined;
  }
}

/** `a.require('x')`, `{ import() {} }`. But `module.require('x')` does load a module. */
function isMember(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]?.text;
  if (before === '.' || before === '?.') return tokens[at - 2]?.text !== 'module';
  return tokens[at]?.key === true && tokens[at + 1]?.text === '(' && isMethod(tokens, at + 1);
}

function isMethod(tokens: readonly Token[], open: number): boolean {
  return tokens[(tokens[open]?.partner ?? -1) + 1]?.text === '{';
}

function imported(
  text: string,
  tokens: readonly Token[],
  at: number,
  atTop: boolean,
): string | undefined {
  switch (tokens[at + 1]?.text) {
    case '(':
      // `typeof import('x')` is a type.
      return tokens[at - 1]?.text === 'typeof' ? undefined : argument(text, tokens, at + 1);
    case '.':
      return /^(?:defer|source)$/.test(tokens[at + 2]?.text ?? '')
        ? argument(text, tokens, at + 3)
        : undefined;
    default:
      return atTop ? declared(text, tokens, at + 1) : undefined;
  }
}

/** The only argument, or the first of several, if it is a string without substitutions. */
function argument(text: string, tokens: readonly Token[], open: number): string | undefined {
  const after = tokens[open + 2]?.text;
  if (tokens[open]?.text !== '(' || (after !== ')' && after !== ',')) return undefined;
  return literal(text, tokens[open + 1]);
}

function literal(text: string, token: Token | undefined): string | undefined {
  const isString = token?.kind === 'string' || (token?.kind === 'template' && token.partner < 0);
  return isString ? stringValue(text, token) : undefined;
}

/** `import type x = require('y')`. */
function isErased(tokens: readonly Token[], at: number): boolean {
  const [keyword, word] = [tokens[at - 4]?.text, tokens[at - 3]?.text];
  return tokens[at - 1]?.text === '=' && keyword === 'import' && word === 'type';
}

/** @param start - index after `import` or `export` at the top level of a module. */
function declared(text: string, tokens: readonly Token[], start: number): string | undefined {
  if (isModifier(tokens, start, 'type')) return undefined;
  const first = tokens[start];
  if (first?.kind === 'string') {
    return tokens[start - 1]?.text === 'import' ? stringValue(text, first) : undefined;
  }
  // Accepts names, commas and braces until `from`; any other token means that this is no list of names.
  for (let at = start; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.text === 'from' && tokens[at + 1]?.kind === 'string')
      return literal(text, tokens[at + 1]);
    if (token?.text === '{' && token.partner > at) at = token.partner;
    else if (token?.kind !== 'identifier' && token?.text !== ',' && token?.text !== '*') {
      // `export * as 'a name' from 'x'`
      if (token?.kind !== 'string' || tokens[at - 1]?.text !== 'as') return undefined;
    }
  }
  return undefined;
}
