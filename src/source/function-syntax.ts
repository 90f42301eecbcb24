/**
 * Reads from the source text of one function what the function needs from its surroundings.
 *
 * A function travels by value as its text plus the values of the names in it. So the reader collects these names,
 * and whether the function uses anything that has no name (`this`, `super`, `import.meta`). Where the text alone is
 * ambiguous, the result contains more names rather than fewer.
 */
import { FunctionReader } from './function-reader.ts';
import { tokenize } from './lexer.ts';
import type { Span, Token } from './token.ts';

export type FunctionKind = 'arrow' | 'function' | 'class' | 'method' | 'getter' | 'setter';

export interface FunctionSyntax {
  readonly kind: FunctionKind;
  /** The function is a method or an accessor whose name is `[…]`. */
  readonly computedName: boolean;
  /** Every identifier that may refer to a variable, including the function's own variables. */
  readonly names: ReadonlySet<string>;
  /** The function is an arrow function that uses the `this` around it. The next two are analogous. */
  readonly usesThis: boolean;
  readonly usesArguments: boolean;
  readonly usesNewTarget: boolean;
  /** The function is an arrow function or a method that uses a `super` of its surroundings. */
  readonly usesSuper: boolean;
  /** The function calls `eval(…)`, which can read every variable around it. */
  readonly callsEval: boolean;
  readonly importsDynamically: boolean;
  /** Positions of `import.meta`. */
  readonly metas: readonly Span[];
  /** In a class: the expression after `extends`. */
  readonly heritage: Span | undefined;
  /** Names that are assigned to, except in their own declaration. */
  readonly assigned: ReadonlySet<string>;
  /** The first private name, with its `#`, that belongs to a class around this source. */
  readonly privateName: string | undefined;
  /** The properties that are read from `name`; undefined unless each use of it is `name.property`. */
  membersOf(name: string): ReadonlySet<string> | undefined;
}

/** @param source - the source of one function, as `toString` returns it. */
export function functionSyntax(source: string): FunctionSyntax {
  const plain = tokenize(source);
  const { kind, nameAt } = kindOf(plain);
  const accessor = kind === 'method' || kind === 'getter' || kind === 'setter';
  const tokens = accessor ? tokenize(source, 'object') : plain;
  const reader = new FunctionReader(tokens, accessor ? 'object' : 'block');
  const { uses } = reader;
  const arrow = kind === 'arrow';
  return {
    kind,
    computedName: accessor && tokens[nameAt]?.text === '[',
    names: reader.names,
    usesThis: arrow && uses.has('this'),
    usesArguments: arrow && uses.has('arguments'),
    usesNewTarget: arrow && uses.has('new.target'),
    usesSuper: (arrow || accessor) && uses.has('super'),
    callsEval: reader.callsEval,
    importsDynamically: reader.importsDynamically,
    metas: reader.metas,
    heritage: kind === 'class' ? heritageOf(tokens) : undefined,
    assigned: reader.assigned,
    privateName: reader.privateName,
    membersOf: (name) => reader.membersOf(name),
  };
}

/** @returns the kind and, for a method, the index of its name: after `async`, `*`, `get` and similar words. */
function kindOf(tokens: readonly Token[]): { kind: FunctionKind; nameAt: number } {
  const text = (index: number): string => tokens[index]?.text ?? '';
  const first = text(0) === 'async' && tokens[1]?.newline === false ? 1 : 0;
  if (tokens.length === 0) return { kind: 'function', nameAt: 0 };
  // `class() {}` is a method. `function() {}` may be one, but a function gives the same result.
  if (text(0) === 'class' && text(1) !== '(') return { kind: 'class', nameAt: 0 };
  if (text(first) === 'function') return { kind: 'function', nameAt: 0 };
  const parameters = tokens[first];
  const afterParameters = parameters?.text === '(' ? parameters.partner + 1 : first + 1;
  if (afterParameters > 0 && text(afterParameters) === '=>') return { kind: 'arrow', nameAt: 0 };
  if (text(1) === '=>') return { kind: 'arrow', nameAt: 0 };
  let nameAt = 0;
  while (/^(?:static|async|\*)$/u.test(text(nameAt)) && text(nameAt + 1) !== '(') nameAt++;
  const word = text(nameAt);
  if ((word === 'get' || word === 'set') && text(nameAt + 1) !== '(') {
    return { kind: word === 'get' ? 'getter' : 'setter', nameAt: nameAt + 1 };
  }
  return { kind: 'method', nameAt };
}

function heritageOf(tokens: readonly Token[]): Span | undefined {
  const keyword = tokens[1]?.text === 'extends' ? 1 : 2;
  const body = tokens.at(-1)?.partner ?? -1;
  const first = tokens[keyword + 1];
  const last = tokens[body - 1];
  if (tokens[keyword]?.text !== 'extends' || first === undefined || last === undefined) {
    return undefined;
  }
  return body > keyword + 1 ? [first.start, last.end] : undefined;
}
