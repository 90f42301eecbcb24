/** What the lexer makes of source text, and what it can say of a token without parsing. */

export type TokenKind =
  | 'identifier'
  | 'private'
  | 'punctuator'
  | 'number'
  | 'string'
  | 'template'
  | 'regexp';

/**
 * What an opening bracket opens. `control` is the head of if, for, while, with, switch or catch;
 * `function` the body of anything that has its own `this`; `arrow` the body of an arrow function;
 * `object` is a pattern as well. Whatever opens nothing has the role `none`.
 */
export type Role =
  | 'none'
  | 'group'
  | 'control'
  | 'template'
  | 'block'
  | 'object'
  | 'class'
  | 'function'
  | 'arrow';

/** A piece of the source text. */
export type Span = readonly [start: number, end: number];

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** A name with its escapes decoded, or a punctuator; '' for everything else. */
  readonly text: string;
  /** A line break lies between this token and the one before. */
  readonly newline: boolean;
  /** A value ends right before this token: a `(` calls it, a `[` looks into it, a `/` divides it. */
  readonly afterOperand: boolean;
  /** It stands where an object literal or a class has the name of a member, or words before it. */
  readonly key: boolean;
  /** Of an identifier: a statement begins with it, so a `:` behind it makes it a label. */
  startsStatement: boolean;
  /** @see Role; of a template, the first of several pieces has one. */
  role: Role;
  /** Index of the other bracket, or of a template's other end; -1 if there is none. */
  partner: number;
}
