/** Functions that step over the tokens of a module: statements, variable declarations, types in angle brackets. */
import type { Token } from './token.ts';

const prefixes = new Set(['++', '--', '!', '~', '@']);

/**
 * True if a statement that ends with a value may end before this token.
 *
 * @param closer - a bracket that ends the statement, too.
 */
export function endsStatement(token: Token | undefined, closer = ''): boolean {
  if (token === undefined || token.text === ';' || token.text === '}') return true;
  if (closer !== '' && token.text === closer) return true;
  if (!token.newline) return false;
  if (token.kind === 'punctuator') return token.role === 'block' || prefixes.has(token.text);
  return token.kind !== 'template' && token.text !== 'in' && token.text !== 'instanceof';
}

/**
 * True if the word at `at`, after `import` or `export`, is a modifier, as in `import type { A } from 'x'`. False if
 * it is the imported name itself.
 */
export function isModifier(
  tokens: readonly Token[],
  at: number,
  word: 'type' | 'source' | 'defer',
): boolean {
  if (tokens[at]?.text !== word) return false;
  const next = tokens[at + 1];
  const after = tokens[at + 2]?.text;
  if (next?.text === 'from') return after === 'from' || after === '=';
  return next?.kind === 'identifier' || next?.text === '{' || next?.text === '*';
}

/**
 * Skips `<…>`, if it is a list of types: a comma in it does not separate variables.
 *
 * @returns the index after the list, or the index after the `<` if that is an operator.
 */
export function skipAngles(tokens: readonly Token[], open: number): number {
  // A list of type parameters may contain defaults; a list of type arguments may not.
  const parameters = tokens[open]?.afterOperand === false;
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind === 'punctuator') {
      if (token.text === '<') depth++;
      else if (/^>+=?$/u.test(token.text)) {
        depth -= token.text.replace('=', '').length;
        if (depth <= 0) return at + 1;
      } else if (token.partner > at) at = token.partner;
      else if (
        !/^(?:[.,|&?:-]|=>|\.\.\.)$/u.test(token.text) &&
        !(parameters && token.text === '=')
      ) {
        break;
      }
    }
  }
  return open + 1;
}

/** The names that a variable declaration declares. @param start - index after `const` or a similar word. */
export function boundNames(tokens: readonly Token[], start: number): string[] {
  const names: string[] = [];
  let at = start;
  for (;;) {
    if (!bind(tokens, at, names)) return names;
    const comma = endOfElement(tokens, at + 1, tokens[at]);
    if (tokens[comma]?.text !== ',') return names;
    at = comma + 1;
  }
}

/** Collects the names in the pattern at `at`. @returns false if there is no pattern. */
function bind(tokens: readonly Token[], at: number, names: string[]): boolean {
  const token = tokens[at];
  if (token?.kind === 'identifier') {
    names.push(token.text);
    return true;
  }
  if (token?.text !== '[' && token?.text !== '{') return false;
  const end = token.partner < 0 ? tokens.length : token.partner;
  for (let item = at + 1; item < end; item++) {
    if (tokens[item]?.text === '...') item++;
    if (token.text === '{') item = valueOf(tokens, item);
    bind(tokens, item, names);
    while (item < end && tokens[item]?.text !== ',') {
      item = Math.max(item, tokens[item]?.partner ?? -1) + 1;
    }
  }
  return true;
}

/** The index of the value in `key: value` of a pattern. */
function valueOf(tokens: readonly Token[], item: number): number {
  const key = tokens[item];
  const behind = key?.text === '[' && key.partner > item ? key.partner + 1 : item + 1;
  return tokens[behind]?.text === ':' ? behind + 1 : item;
}

/** @returns the index of the comma, or of any other token, that ends one declared variable. */
function endOfElement(tokens: readonly Token[], start: number, target: Token | undefined): number {
  let at = target !== undefined && target.partner >= start ? target.partner + 1 : start;
  while (at < tokens.length) {
    const token = tokens[at];
    if (token === undefined || token.text === ',' || token.text === ';') return at;
    const value = token.afterOperand || tokens[at - 1]?.text === '}';
    if (value && token.newline && endsStatement(token)) return at;
    if (token.text === '<' && token.kind === 'punctuator') at = skipAngles(tokens, at);
    else at = Math.max(at, token.partner) + 1;
  }
  return at;
}
