/**
 * Cuts JavaScript into a list of tokens, without comments.
 *
 * The analyses of functions and modules need tokens to tell a name from the same letters in a string. The lexer does
 * no more than that and checks nothing. On text that is not JavaScript (TypeScript, JSX, half a file) its result may
 * be wrong, but it never throws.
 */
import { BracketContext } from './bracket-context.ts';
import type { Token, TokenKind } from './token.ts';

/** @param surroundings - what the text is part of: `object` for the source of a method. */
export function tokenize(source: string, surroundings: 'block' | 'object' = 'block'): Token[] {
  return new Lexer(source, surroundings).run();
}

/** The value of a string token. */
export function stringValue(source: string, token: Token): string {
  const raw = source.slice(token.start + 1, token.end - 1);
  return raw.includes('\\') ? unescape(raw) : raw;
}

const enumerable = (characters: string): ReadonlySet<number> =>
  new Set(Array.from(characters, (each) => each.charCodeAt(0)));

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const DOUBLE_QUOTE = 34;
const HASH = 35;
const DOLLAR = 36;
const QUOTE = 39;
const OPEN_PAREN = 40;
const STAR = 42;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const SLASH = 47;
const ZERO = 48;
const NINE = 57;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const QUESTION = 63;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const UNDERSCORE = 95;
const BACKTICK = 96;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const SPACES = enumerable('\v\f\u00a0\u1680\u202f\u205f\u3000\ufeff');
const DOUBLED = enumerable('+-&|?<>*');
/** Characters that can begin a statement and can also continue an expression. */
const MAY_BEGIN = enumerable('([/+-');
const ASSIGNABLE = enumerable('+-*/%&|^<>=!');

function isLineBreak(code: number): boolean {
  return code === LINE_FEED || code === CARRIAGE_RETURN || code === 0x2028 || code === 0x2029;
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB || SPACES.has(code) || (code >= 0x2000 && code <= 0x200a);
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Beyond ASCII, every character that is not a space counts: the text is valid, so it can be nothing else. */
function isNamePart(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    isDigit(code) ||
    code === UNDERSCORE ||
    code === DOLLAR ||
    (code > 127 && !isSpace(code) && !isLineBreak(code))
  );
}

class Lexer {
  readonly #source: string;
  readonly #context: BracketContext;
  readonly #tokens: Token[] = [];
  #at = 0;
  #newline = false;

  constructor(source: string, surroundings: 'block' | 'object') {
    this.#source = source;
    this.#context = new BracketContext(surroundings);
  }

  run(): Token[] {
    if (this.#source.charCodeAt(0) === 0xfeff) this.#at = 1;
    if (this.#source.startsWith('#!', this.#at)) this.#skipLine();
    while (this.#skipBlank()) {
      this.#token(this.#source.charCodeAt(this.#at));
      this.#newline = false;
    }
    return this.#tokens;
  }

  /** @returns false at the end of the text. */
  #skipBlank(): boolean {
    const source = this.#source;
    while (this.#at < source.length) {
      const code = source.charCodeAt(this.#at);
      if (isLineBreak(code)) {
        this.#newline = true;
        this.#at++;
      } else if (isSpace(code)) {
        this.#at++;
      } else if (code !== SLASH) {
        return true;
      } else if (source.charCodeAt(this.#at + 1) === SLASH) {
        this.#skipLine();
      } else if (source.charCodeAt(this.#at + 1) === STAR) {
        const end = source.indexOf('*/', this.#at + 2);
        const after = end < 0 ? source.length : end + 2;
        while (this.#at < after) {
          if (isLineBreak(source.charCodeAt(this.#at++))) this.#newline = true;
        }
      } else {
        return true;
      }
    }
    return false;
  }

  #skipLine(): void {
    while (this.#at < this.#source.length && !isLineBreak(this.#source.charCodeAt(this.#at))) {
      this.#at++;
    }
  }

  #token(code: number): void {
    const start = this.#at;
    if (code === QUOTE || code === DOUBLE_QUOTE) {
      this.#context.beginsMember(this.#newline, '');
      this.#context.literal(this.#add('string', start, this.#endOfString(code)));
    } else if (isDigit(code) || (code === DOT && isDigit(this.#source.charCodeAt(start + 1)))) {
      this.#context.beginsMember(this.#newline, '');
      this.#context.literal(this.#add('number', start, this.#endOfNumber()));
    } else if (code === BACKTICK) {
      if (this.#newline) this.#context.beginsLine(true);
      this.#template(start);
    } else if (isNamePart(code) || code === BACKSLASH) {
      const name = this.#name(start);
      this.#context.beginsMember(this.#newline, name);
      this.#context.identifier(this.#add('identifier', start, this.#at, name));
    } else if (code === HASH) {
      const name = `#${this.#name(start + 1)}`;
      this.#context.beginsMember(this.#newline, name);
      this.#context.literal(this.#add('private', start, this.#at, name));
    } else {
      this.#punctuator(code, start);
    }
  }

  #add(kind: TokenKind, start: number, end: number, text = ''): Token {
    const token: Token = {
      kind,
      start,
      end,
      text,
      newline: this.#newline,
      afterOperand: this.#context.operand,
      key: this.#context.key,
      startsStatement: false,
      role: 'none',
      partner: -1,
    };
    this.#tokens.push(token);
    this.#at = end;
    return token;
  }

  /** Sets `#at` behind the name. A name has at least one character: a stray backslash is a name of its own. */
  #name(start: number): string {
    const source = this.#source;
    let at = start;
    while (at < source.length && isNamePart(source.charCodeAt(at))) at++;
    if (source.charCodeAt(at) !== BACKSLASH) {
      this.#at = at;
      return source.slice(start, at);
    }
    while (at < source.length) {
      const code = source.charCodeAt(at);
      if (code === BACKSLASH) {
        at += this.#escapeLength(at);
      } else if (isNamePart(code)) {
        at++;
      } else {
        break;
      }
    }
    this.#at = Math.min(at, source.length);
    return unescape(source.slice(start, this.#at));
  }

  #escapeLength(at: number): number {
    if (this.#source[at + 1] !== 'u') return 1;
    if (this.#source[at + 2] !== '{') return 6;
    return Math.max(this.#source.indexOf('}', at) + 1 - at, 3);
  }

  #endOfString(quote: number): number {
    const source = this.#source;
    let at = this.#at + 1;
    while (at < source.length) {
      const code = source.charCodeAt(at);
      if (code === quote) return at + 1;
      // The string is not closed: most likely an apostrophe in the text of a JSX element.
      if (code === LINE_FEED || code === CARRIAGE_RETURN) return at;
      if (code === BACKSLASH) {
        at++;
        if (source.charCodeAt(at) === CARRIAGE_RETURN && source[at + 1] === '\n') at++;
      }
      at++;
    }
    return source.length;
  }

  #endOfNumber(): number {
    const source = this.#source;
    let at = this.#at;
    const prefix = source.charCodeAt(at) === ZERO ? source.charCodeAt(at + 1) | 32 : 0;
    const radix = prefix === 120 || prefix === 98 || prefix === 111; // x b o
    let dotted = radix;
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === DOT && !dotted) dotted = true;
      else if (!radix && (code | 32) === 101) {
        dotted = true;
        const sign = source.charCodeAt(at + 1);
        if (sign === PLUS || sign === MINUS) at++;
      } else if (!isNamePart(code)) break;
    }
    return at;
  }

  /**
   * @returns the index after the expression and its flags; -1 if the line ends first, so it is no regular
   *   expression.
   */
  #endOfRegExp(): number {
    const source = this.#source;
    let inClass = false;
    for (let at = this.#at + 1; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (isLineBreak(code)) return -1;
      if (code === BACKSLASH) at++;
      else if (code === OPEN_BRACKET) inClass = true;
      else if (code === CLOSE_BRACKET) inClass = false;
      else if (code === SLASH && !inClass) {
        at++;
        while (at < source.length && isNamePart(source.charCodeAt(at))) at++;
        return at;
      }
    }
    return -1;
  }

  /** Reads one piece of a template, from its backtick or from the `}` that ends a substitution. */
  #template(start: number): void {
    const source = this.#source;
    let at = start + 1;
    let substitution = false;
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === BACKTICK) break;
      if (code === BACKSLASH) at++;
      else if (code === DOLLAR && source.charCodeAt(at + 1) === OPEN_BRACE) {
        substitution = true;
        break;
      }
    }
    const end = Math.min(at + (substitution ? 2 : 1), source.length);
    const first = source.charCodeAt(start) === BACKTICK;
    const index = this.#tokens.length;
    const token = this.#add('template', start, end);
    let opener = index;
    if (!first) opener = this.#context.close(token, '}');
    if (substitution) {
      this.#context.open(token, opener);
      if (!first) token.role = 'none';
    } else {
      if (!first) this.#pair(opener, index);
      this.#context.literal(token);
    }
  }

  #pair(opener: number, closer: number): void {
    const open = this.#tokens[opener];
    const close = this.#tokens[closer];
    if (open === undefined || close === undefined) return;
    open.partner = closer;
    close.partner = opener;
  }

  #punctuator(code: number, start: number): void {
    if (code === CLOSE_BRACE && this.#context.closesTemplate) {
      this.#template(start);
      return;
    }
    if (this.#newline && MAY_BEGIN.has(code))
      this.#context.beginsLine(code === OPEN_PAREN || code === OPEN_BRACKET);
    if (code === SLASH && !this.#context.operand && !this.#closesElement(start)) {
      const end = this.#endOfRegExp();
      if (end >= 0) {
        this.#context.literal(this.#add('regexp', start, end));
        return;
      }
    }
    const end = this.#endOfPunctuator(code, start);
    const index = this.#tokens.length;
    const token = this.#add('punctuator', start, end, this.#source.slice(start, end));
    switch (token.text) {
      case '(':
      case '[':
      case '{':
        this.#context.open(token, index);
        break;
      case ')':
      case ']':
      case '}':
        this.#pair(this.#context.close(token), index);
        break;
      default:
        this.#context.operator(token);
    }
  }

  /** `</` belongs to JSX, unlike `< /`. */
  #closesElement(start: number): boolean {
    return start > 0 && this.#source.charCodeAt(start - 1) === LESS;
  }

  #endOfPunctuator(code: number, start: number): number {
    const source = this.#source;
    const next = source.charCodeAt(start + 1);
    if (code === DOT) return source.startsWith('...', start) ? start + 3 : start + 1;
    if (code === EQUALS && next === GREATER) return start + 2;
    if (code === QUESTION && next === DOT) {
      return isDigit(source.charCodeAt(start + 2)) ? start + 1 : start + 2;
    }
    let end = start + 1;
    if (next === code && DOUBLED.has(code)) {
      end++;
      if (code === PLUS || code === MINUS) return end;
      if (code === GREATER && source.charCodeAt(end) === GREATER) end++;
    } else if (!ASSIGNABLE.has(code)) {
      return end;
    }
    if (source.charCodeAt(end) !== EQUALS) return end;
    end++;
    const strict = (code === EQUALS || source[start] === '!') && end === start + 2;
    return strict && source.charCodeAt(end) === EQUALS ? end + 1 : end;
  }
}

const ESCAPE = /\\(?:u\{([\da-f]+)\}|u([\da-f]{4})|x([\da-f]{2})|(\r\n|[^]))/giu;
const SINGLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['0', '\0'],
  ['\n', ''],
  ['\r', ''],
  ['\r\n', ''],
  ['\u2028', ''],
  ['\u2029', ''],
]);

function unescape(raw: string): string {
  return raw.replace(ESCAPE, (_all, braced, four, two, single) => {
    if (single !== undefined) return SINGLE_ESCAPES.get(String(single)) ?? String(single);
    const code = parseInt(String(braced ?? four ?? two), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}
