/** The tokens that the lexer produces, and the facts that it finds out about each without parsing. */

export type TokenKind =
  | 'identifier'
  | 'private'
  | 'punctuator'
  | 'number'
  | 'string'
  | 'template'
  | 'regexp';

/**
 * What an opening bracket opens. `control` is the head of if, for, while, with, switch or catch; `function` is the
 * body of anything that has its own `this`; `arrow` is the body of an arrow function; `object` is also a pattern. A
 * token that opens nothing has the role `none`.
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

/** A range of the source text. */
export type Span = readonly [start: number, end: number];

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** A name with its escapes decoded, or a punctuator; '' for all other tokens. */
  readonly text: string;
  /** There is a line break between the previous token and this one. */
  readonly newline: boolean;
  /** A value ends directly before this token: a `(` calls it, a `[` indexes it, a `/` divides it. */
  readonly afterOperand: boolean;
  /** The token is at a position for a member's name, or for a modifier before it, in an object literal or a class. */
  readonly key: boolean;
  /** The token is an identifier and begins a statement, so a `:` after it makes it a label. */
  startsStatement: boolean;
  /** @see Role. Of a template in several pieces, only the first piece has a role. */
  role: Role;
  /** Index of the matching bracket, or of the other end of a template; -1 if there is none. */
  partner: number;
}
