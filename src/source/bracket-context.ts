/**
 * The state that the lexer keeps about the tokens before the current one. It decides two things: whether `/` divides
 * or begins a regular expression, and what a bracket opens.
 *
 * JavaScript cannot be cut into tokens without that state, but no parser is needed: a stack of open brackets, the
 * last token, and the `function` and `class` keywords whose bodies have not begun.
 */
import type { Role, Token } from './token.ts';

interface Bracket {
  readonly role: Role;
  readonly closer: string;
  readonly opener: number;
  /** The bracket, once closed, is a value. */
  readonly value: boolean;
  /** In an object or a class: the next token is the name of a member. */
  key: boolean;
  /** Number of `?` without their `:` so far. */
  ternaries: number;
  /** The position is in a list of variables after `let`, `const` or `var`. */
  declaring: boolean;
}

interface PendingBody {
  readonly depth: number;
  readonly role: 'function' | 'class';
  readonly value: boolean;
}

const beforeExpression = new Set(
  (
    'return typeof instanceof in delete void throw new case do else await yield extends default ' +
    'const let var'
  ).split(' '),
);
/** Words that are complete statements, or take only a label. */
const endingWords = new Set(['break', 'continue', 'debugger']);
const declarations = new Set(['let', 'const', 'var']);
const controlWords = new Set(['if', 'for', 'while', 'with', 'switch', 'catch']);

export class BracketContext {
  /** The next token follows a value. */
  operand = false;
  readonly #brackets: Bracket[];
  readonly #pending: PendingBody[] = [];
  #top: Bracket;
  #last: Token | undefined = undefined;
  /** The text of the last token, if it is a keyword or a variable; '' for a property or a key. */
  #word = '';
  #control = false;
  #startsStatement = false;
  #label = false;
  /** The last token is `break` or a similar word, or its label: it is no value, and a statement may follow. */
  #ended = false;
  /** The last token is a variable that is being declared and has no initial value so far. */
  #declared = false;

  /** @param surroundings - what the text is part of: `object` for the source of a method. */
  constructor(surroundings: 'block' | 'object') {
    this.#top = {
      role: surroundings,
      closer: '',
      opener: -1,
      value: false,
      key: surroundings === 'object',
      ternaries: 0,
      declaring: false,
    };
    this.#brackets = [this.#top];
  }

  /** The next token names a member. Read it before that token is taken. */
  get key(): boolean {
    return this.#top.key;
  }

  /** Called before each token that may be a class member's name: a member may begin on a new line without a `;`. */
  beginsMember(newline: boolean, name: string): void {
    if (newline && this.#top.role === 'class' && name !== 'in' && name !== 'instanceof') {
      if (this.operand || this.#last?.text === '}') this.#top.key = true;
    }
  }

  /**
   * Called for a token that begins a line. It begins a statement if the code before cannot continue with it: a
   * declared variable without a value takes no operator, and the result of `++` or `--` cannot be called or indexed.
   *
   * @param looksInside - the token is a `(`, a `[` or a template.
   */
  beginsLine(looksInside: boolean): void {
    const last = this.#last?.text;
    const counted = looksInside && (last === '++' || last === '--');
    if (this.#top.role === 'control' || !(this.#declared || counted)) return;
    this.operand = false;
    this.#top.declaring = false;
  }

  identifier(token: Token): void {
    const name = token.text;
    const property = this.#last?.text === '.' || this.#last?.text === '?.';
    if (property || token.key) {
      this.#take(token, '');
      this.operand = true;
      return;
    }
    const starts = name !== 'extends' && this.#atStatementStart(token.newline);
    token.startsStatement = starts;
    if (name === 'function' || name === 'class') {
      const depth = this.#brackets.length;
      // Overloads in TypeScript are functions without a body.
      if (starts && token.newline) this.#dropPending(depth);
      this.#pending.push({ depth, role: name, value: !starts });
    }
    const control = controlWords.has(name) || (name === 'await' && this.#control);
    const isLabel = endingWords.has(this.#word) && this.#word !== 'debugger' && !token.newline;
    const listed = this.#last?.text === ',' && this.#top.declaring;
    const declared = declarations.has(this.#word) || listed;
    const named = this.#word === 'function' || this.#word === 'class';
    if (starts) this.#top.declaring = false;
    if (declarations.has(name)) this.#top.declaring = true;
    this.#take(token, name);
    this.#control = control;
    this.#startsStatement = starts;
    this.#ended = isLabel || endingWords.has(name);
    this.#declared = declared;
    const isOf = name === 'of' && token.afterOperand && !named && this.#top.role === 'control';
    this.operand = !this.#ended && !beforeExpression.has(name) && !isOf;
  }

  /** A number, string, regular expression or private name. */
  literal(token: Token): void {
    this.#take(token, '');
    this.operand = true;
  }

  /** Any punctuator except a bracket. */
  operator(token: Token): void {
    const top = this.#top;
    let operand = false;
    let label = false;
    switch (token.text) {
      case ',':
        top.ternaries = 0;
        if (top.role === 'object') top.key = true;
        break;
      case ';':
        top.ternaries = 0;
        top.declaring = false;
        if (top.role === 'object' || top.role === 'class') top.key = true;
        this.#dropPending(this.#brackets.length);
        break;
      case '?':
        top.ternaries++;
        break;
      case ':':
        top.key = false;
        if (top.ternaries > 0) top.ternaries--;
        else label = true;
        break;
      case '=':
      case '...':
        top.key = false;
        break;
      case '++':
      case '--':
      case '!': // after a value: TypeScript's "not null"
        operand = this.operand && !token.newline;
        break;
      default:
    }
    this.#take(token, '');
    this.#label = label;
    this.operand = operand;
  }

  /** `(`, `[`, `{`, or the beginning of a template with a substitution. */
  open(token: Token, index: number): void {
    const pending = token.text === '{' ? this.#pendingBody() : undefined;
    const role = this.#roleOf(token, pending);
    if (pending !== undefined) this.#pending.pop();
    if (token.text === '(') this.#top.key = false;
    token.role = role;
    this.#top = {
      role,
      closer: token.text === '(' ? ')' : token.text === '[' ? ']' : '}',
      opener: index,
      value: pending?.value ?? (role === 'object' || role === 'group' || role === 'template'),
      key: role === 'object' || role === 'class',
      ternaries: 0,
      declaring: false,
    };
    this.#brackets.push(this.#top);
    this.#take(token, '');
    this.operand = false;
  }

  /** True if a `}` here would end a substitution of a template. */
  get closesTemplate(): boolean {
    return this.#brackets.findLast((bracket) => bracket.closer === '}')?.role === 'template';
  }

  /** @returns the index of the opening bracket; -1 if no such bracket is open. */
  close(token: Token, closer = token.text): number {
    const depth = this.#brackets.findLastIndex((bracket) => bracket.closer === closer);
    const bracket = this.#brackets[depth];
    if (bracket !== undefined) {
      this.#brackets.length = depth;
      this.#top = this.#brackets[depth - 1] ?? this.#top;
      while ((this.#pending.at(-1)?.depth ?? 0) > depth) this.#pending.pop();
      if (bracket.role === 'function' && this.#top.role === 'class') this.#top.key = true;
    }
    this.#take(token, '');
    this.operand = bracket?.value ?? closer !== '}';
    return bracket?.opener ?? -1;
  }

  #take(token: Token, word: string): void {
    this.#last = token;
    this.#word = word;
    this.#control = false;
    this.#startsStatement = false;
    this.#label = false;
    this.#ended = false;
    this.#declared = false;
  }

  #dropPending(depth: number): void {
    while (this.#pending.at(-1)?.depth === depth) this.#pending.pop();
  }

  /** The function or class whose body begins with a `{` here. */
  #pendingBody(): PendingBody | undefined {
    const pending = this.#pending.at(-1);
    if (pending?.depth !== this.#brackets.length) return undefined;
    return this.operand || this.#endsType() ? pending : undefined;
  }

  /** In TypeScript, a return type may end with a token that continues an expression in JavaScript. */
  #endsType(): boolean {
    const last = this.#last?.text ?? '';
    return this.#word === 'void' || last === '>' || last === '>>' || last === '>>>';
  }

  #roleOf(token: Token, pending: PendingBody | undefined): Role {
    if (token.kind === 'template') return 'template';
    if (token.text === '(') return this.#control ? 'control' : 'group';
    if (token.text === '[') return 'group';
    if (pending !== undefined) return pending.role;
    const last = this.#last?.text;
    if (last === '=>') return 'arrow';
    const { role } = this.#top;
    if (role === 'class' && (this.operand || last === ')' || this.#endsType())) return 'function';
    if (role === 'object' && (this.operand || last === ')' || this.#word === 'void')) {
      return 'function';
    }
    return this.#inStatements() && this.#blockHere(token) ? 'block' : 'object';
  }

  #inStatements(): boolean {
    const { role } = this.#top;
    return role === 'block' || role === 'function' || role === 'arrow';
  }

  #blockHere(token: Token): boolean {
    // Tokens between a function's parameters and its body are its return type.
    if (this.#pending.at(-1)?.depth === this.#brackets.length) return false;
    return this.operand || (this.#word === 'return' && token.newline) || this.#statementMayStart();
  }

  #atStatementStart(newline: boolean): boolean {
    if (!this.#inStatements() || this.#word === 'function' || this.#word === 'class') return false;
    if (this.#word === 'async' && !newline) return this.#startsStatement;
    return this.operand || this.#word === 'default' || this.#statementMayStart();
  }

  /** True if the last token is no value and a statement may follow it. */
  #statementMayStart(): boolean {
    if (this.#ended) return true;
    switch (this.#last?.text) {
      case undefined:
      case ';':
      case '{':
      case '}':
      case ')':
        return !this.operand;
      case ':':
        return this.#label;
      default:
        return this.#word === 'else' || this.#word === 'do';
    }
  }
}
