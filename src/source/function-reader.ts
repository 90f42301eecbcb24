/**
 * Walks once over the tokens of a function and collects the names and keywords that it uses.
 *
 * Brackets are the only structure. For each, the reader knows whether a function or a class of its own begins with
 * it, and whether the names directly inside it are declared (parameters) or assigned to (patterns).
 */
import type { Role, Span, Token } from './token.ts';

interface Bracket {
  readonly opener: number;
  readonly end: number;
  readonly role: Role;
  readonly names: 'used' | 'declared' | 'assigned';
  /** Number of functions around the content that have their own `this`. */
  readonly functions: number;
  readonly classes: number;
  /** The position is in a list of variables after `let`, `const` or `var`. */
  declaring: boolean;
}

interface Neighbours {
  readonly before: number;
  readonly behind: number;
  /** The bracket that contains both. */
  readonly bracket: Bracket;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Sloppy code may have variables called `await` and `yield`; in practice no code does. */
const keywords = words(
  'await break case catch class const continue debugger default delete do else enum export extends ' +
    'false finally for function if import in instanceof new null return super switch this throw ' +
    'true try typeof var void while with yield',
);
const relations = words('in instanceof of');
const declarations = words('let const var');
const assignments = words('= += -= *= /= %= **= <<= >>= >>>= &= |= ^= &&= ||= ??=');
/** The tokens directly before a name, or a pattern, in a pattern or a list of parameters. A `:` is another one. */
const patternSlots = words('( [ { , ...');
const patternEnds = words(', ] }');
const memberAccess = words('. ?. [ (');

export class FunctionReader {
  readonly names = new Set<string>();
  readonly assigned = new Set<string>();
  /** `this`, `arguments`, `super` and `new.target`, if they refer to the surroundings. */
  readonly uses = new Set<string>();
  readonly metas: Span[] = [];
  callsEval = false;
  importsDynamically = false;
  privateName: string | undefined = undefined;
  #tokens: readonly Token[];
  readonly #members = new Map<string, Set<string>>();
  /** Names that are used in another form than `name.property`. */
  readonly #bare = new Set<string>();
  readonly #brackets: Bracket[] = [];
  #top: Bracket;

  /** @param surroundings - `object`: the tokens are those of a method, which has its own `super`. */
  constructor(tokens: readonly Token[], surroundings: 'block' | 'object') {
    this.#tokens = tokens;
    this.#top = {
      opener: -1,
      end: tokens.length,
      role: surroundings,
      names: 'used',
      functions: surroundings === 'object' ? -1 : 0,
      classes: 0,
      declaring: false,
    };
    for (let index = 0; index < tokens.length; index++) {
      const token = tokens[index];
      if (token !== undefined) this.#take(index, token);
    }
    // The result is kept as long as the function may be sent again. The tokens of a large function take megabytes.
    this.#tokens = [];
    this.#brackets.length = 0;
  }

  membersOf(name: string): ReadonlySet<string> | undefined {
    return this.#bare.has(name) ? undefined : (this.#members.get(name) ?? new Set());
  }

  #text(index: number): string {
    return this.#tokens[index]?.text ?? '';
  }

  #take(index: number, token: Token): void {
    while (this.#top.end <= index) this.#top = this.#brackets.pop() ?? this.#top;
    if (token.kind === 'identifier') this.#identifier(index, token);
    else if (token.kind === 'private') {
      if (this.#top.classes === 0) this.privateName ??= token.text;
    } else if (token.role !== 'none') this.#open(index, token);
    else if (token.text === ';') this.#top.declaring = false;
  }

  #open(index: number, token: Token): void {
    const outer = this.#top;
    const { role } = token;
    const ownsParameters = token.text === '(' && this.#behind(token)?.role === 'function';
    let { functions } = outer;
    if (role === 'function' || role === 'class' || ownsParameters) functions++;
    // A computed name in a class is still outside of the class.
    else if (token.text === '[' && token.key && outer.role === 'class') functions--;
    this.#brackets.push(outer);
    this.#top = {
      opener: index,
      end: token.partner < 0 ? this.#tokens.length : token.partner,
      role,
      names: this.#namesInside(index, token),
      functions,
      classes: outer.classes + (role === 'class' ? 1 : 0),
      declaring: false,
    };
  }

  #behind(token: Token): Token | undefined {
    return token.partner < 0 ? undefined : this.#tokens[token.partner + 1];
  }

  #namesInside(index: number, token: Token): Bracket['names'] {
    const before = this.#text(index - 1);
    const behind = this.#behind(token);
    if (token.text === '(') {
      const parameters = behind?.role === 'function' || behind?.text === '=>' || before === 'catch';
      return parameters ? 'declared' : 'used';
    }
    if (token.text !== '[' && token.role !== 'object') return 'used';
    if (token.afterOperand || (token.text === '[' && token.key)) return 'used';
    if (this.#declares(before)) return 'declared';
    if (this.#top.names !== 'used' && this.#isSlot(index - 1)) return this.#top.names;
    return behind?.text === '=' || this.#heads(this.#top, index - 1, behind) ? 'assigned' : 'used';
  }

  /** True if a part of a pattern, or of a list of parameters, may follow the token at `index`. */
  #isSlot(index: number): boolean {
    const text = this.#text(index);
    if (text !== ':') return patternSlots.has(text);
    // The `:` in the `a ? b : c` of a default value does not count.
    const key = this.#tokens[index - 1];
    return key?.key === true || (key?.text === ']' && this.#tokens[key.partner]?.key === true);
  }

  /** True if `let` or a similar word declares the token after `before`. */
  #declares(before: string): boolean {
    return declarations.has(before) || (before === ',' && this.#top.declaring);
  }

  /** True if the token between `before` and `behind` is assigned by a loop: `for (x of y)`. */
  #heads(bracket: Bracket, before: number, behind: Token | undefined): boolean {
    if (bracket.opener !== before || bracket.role !== 'control') return false;
    if (behind?.text !== 'of' && behind?.text !== 'in') return false;
    const word = this.#text(before - 1);
    return word === 'for' || word === 'await';
  }

  #identifier(index: number, token: Token): void {
    const before = this.#text(index - 1);
    if (before === '.' || before === '?.') return;
    const next = this.#tokens[index + 1];
    if (token.key) {
      // `{ name }` uses a variable; any other key only names a member.
      const shorthand = next === undefined || patternEnds.has(next.text) || next.text === '=';
      if (this.#top.role !== 'object' || !shorthand) return;
    }
    const startsStatement = token.newline && (token.afterOperand || before === '}');
    if (startsStatement && !relations.has(token.text)) this.#top.declaring = false;
    if (this.#isLabel(token, before, next)) return;
    if (keywords.has(token.text)) this.#keyword(index, token);
    else if (!this.#isContextual(index, token, next)) this.#name(index, token, next);
    else if (token.text === 'let') this.#top.declaring = true;
  }

  /** True if the word is a keyword here; elsewhere it may be a name. */
  #isContextual(index: number, token: Token, next: Token | undefined): boolean {
    const before = this.#text(index - 1);
    if (token.text === 'of') {
      const named = before === 'function' || before === 'class';
      return token.afterOperand && !named && next?.text !== '=>' && this.#top.role === 'control';
    }
    if (next === undefined || next.newline) return false;
    const another = next.kind === 'identifier' && !relations.has(next.text);
    if (token.text === 'let') {
      return another || next.text === 'of' || next.text === '[' || next.text === '{';
    }
    if (token.text !== 'async') return false;
    if (next.text === 'of') return this.#text(index + 2) === '=>';
    return another || (next.text === '(' && this.#behind(next)?.text === '=>');
  }

  #keyword(index: number, token: Token): void {
    const { text } = token;
    const member = this.#text(index + 1) === '.' ? this.#text(index + 2) : '';
    const surroundings = this.#top.functions <= 0;
    if (text === 'const' || text === 'var') this.#top.declaring = true;
    else if (text === 'this' || text === 'super') {
      if (surroundings) this.uses.add(text);
    } else if (text === 'new') {
      if (surroundings && member === 'target') this.uses.add('new.target');
    } else if (text === 'import') {
      if (member === 'meta') {
        this.metas.push([token.start, this.#tokens[index + 2]?.end ?? token.end]);
      } else {
        this.importsDynamically ||= member !== '' || this.#text(index + 1) === '(';
      }
    }
  }

  #name(index: number, token: Token, next: Token | undefined): void {
    const { text } = token;
    this.names.add(text);
    const property = next?.text === '.' ? this.#tokens[index + 2] : undefined;
    if (property?.kind === 'identifier') {
      const members = this.#members.get(text);
      if (members === undefined) this.#members.set(text, new Set([property.text]));
      else members.add(property.text);
    } else {
      this.#bare.add(text);
    }
    if (text === 'arguments' && this.#top.functions <= 0) this.uses.add(text);
    // `(eval)(…)` is a direct call, too, as `eval(…)` is.
    if (text === 'eval' && this.#text(this.#neighbours(index).behind) === '(')
      this.callsEval = true;
    if (this.#isAssigned(index)) this.assigned.add(text);
  }

  /** The tokens directly before and after a name, not counting parentheses around it: `(name) = 1`. */
  #neighbours(index: number): Neighbours {
    let before = index - 1;
    let behind = index + 1;
    let bracket = this.#top;
    for (let left = this.#brackets.length - 1; ; left--) {
      const open = this.#tokens[before];
      const parentheses = open?.text === '(' && open.role === 'group' && !open.afterOperand;
      if (!parentheses || open.partner !== behind) return { before, behind, bracket };
      before--;
      behind++;
      bracket = this.#brackets[left] ?? bracket;
    }
  }

  /** A label is not a variable, even if it has the name of one. */
  #isLabel(token: Token, before: string, next: Token | undefined): boolean {
    if (before === 'break' || before === 'continue') return !token.newline;
    return next?.text === ':' && token.startsStatement;
  }

  #isAssigned(index: number): boolean {
    const { before: beforeIt, behind: behindIt, bracket } = this.#neighbours(index);
    const before = this.#tokens[beforeIt];
    const next = this.#tokens[behindIt];
    const previous = before?.text ?? '';
    const inPattern = bracket.names !== 'used' && this.#isSlot(beforeIt);
    const following = next?.text ?? '';
    if (following === '=') {
      return inPattern ? bracket.names === 'assigned' : !this.#declares(previous);
    }
    if (assignments.has(following)) return true;
    // On a line of its own, the operator belongs to the next token: `++a⏎--b`.
    if ((following === '++' || following === '--') && next?.newline === false) return true;
    if (previous === '++' || previous === '--') {
      const prefix = before?.afterOperand === false || before?.newline === true;
      return prefix && !memberAccess.has(following);
    }
    if (this.#heads(bracket, beforeIt, next)) return true;
    return inPattern && bracket.names === 'assigned' && patternEnds.has(following);
  }
}
