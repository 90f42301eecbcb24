/** Comments and literals that contain text like code, for tests of the readers of source text. */
import * as fc from 'fast-check';
import { tokenize } from '#dist/source/lexer.js';

const trap = fc.constantFrom(
  "import x from 'y'",
  'export const z = 1',
  'export default () => 1',
  'this',
  'super.a',
  'import.meta',
  'arguments',
  'eval(a)',
  '#a',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '`',
  '"',
  "'",
  '${',
  '//',
  '/*',
  'a = 1',
  'function () {',
  'class {',
  ';',
  '\\',
);
const traps = fc.array(trap, { minLength: 1, maxLength: 4 }).map((all) => all.join(' '));

const literal = fc.oneof(
  traps.map((text) => JSON.stringify(text)),
  traps.map((text) => `'${text.replaceAll(/['\\]/gu, '\\$&')}'`),
  traps.map((text) => `\`${text.replaceAll(/[`\\$]/gu, '\\$&')}\``),
  traps.map((text) => `\`\${${JSON.stringify(text)}}\n${text.replaceAll(/[`\\$]/gu, '\\$&')}\``),
  traps.map((text) => `/${text.replaceAll(/[[\]{}()/\\*$]/gu, '\\$&')}/gu`),
  traps.map((text) => `/a[${text.replaceAll(/[[\]\\]/gu, '\\$&')}]/v`),
);

export interface Misleading {
  readonly comments: readonly string[];
  readonly literals: readonly string[];
}

export const misleading: fc.Arbitrary<Misleading> = fc.record({
  comments: fc.array(traps, { minLength: 1, maxLength: 5 }),
  literals: fc.array(literal, { minLength: 1, maxLength: 5 }),
});

/** Puts a comment before each token of `source`, and a literal in the place of each `_`. */
export function mislead(source: string, { comments, literals }: Misleading): string {
  return tokenize(source)
    .map((token, index) => {
      const comment = comments[index % comments.length];
      const text = source.slice(token.start, token.end);
      const code = text === '_' ? literals[index % literals.length] : text;
      const lineMayEnd = text === ';' || text === ',';
      return `/*${comment}*/${code} ${lineMayEnd ? `//${comment}\n` : ''}`;
    })
    .join('');
}
