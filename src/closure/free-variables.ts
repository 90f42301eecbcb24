/**
 * Which variables around a function its source takes something from.
 *
 * V8 itself is asked: the source is put into a function whose parameters have the names in question, and
 * of those V8 keeps the ones that the source refers to. It knows every construct that the engine
 * knows, and shadowed names are told apart. Nothing of the source is run: it stands in an arrow
 * function that is never called.
 */
import { Script } from 'node:vm';
import type { Lookup } from '../lookup/lookup.ts';
import type { FunctionForm } from '../protocol/packed.ts';
import type { FunctionSyntax } from '../source/function-syntax.ts';

/** For which a program may have put something else since. */
const OwnFunction = Function;

/** The same text may stand in several places, with other variables around it. */
const MOST_SURROUNDINGS = 64;

export type Mode = 'strict' | 'sloppy' | 'unknown';

export interface FreeVariables {
  readonly names: readonly string[];
  readonly strict: boolean;
}

export class FreeVariableFinder {
  readonly #lookup: Lookup;
  readonly #known = new WeakMap<FunctionSyntax, Map<string, FreeVariables>>();

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  /**
   * @param syntax - of what `source` was made of; one for all functions of the same text.
   * @param names - of all variables around it.
   * @param mode - `unknown` of code that may have been written for either.
   * @throws SyntaxError if the source can't stand by itself.
   */
  find(
    syntax: FunctionSyntax,
    source: string,
    form: FunctionForm,
    names: readonly string[],
    mode: Mode,
  ): FreeVariables {
    let known = this.#known.get(syntax);
    if (known === undefined || known.size > MOST_SURROUNDINGS) {
      known = new Map();
      this.#known.set(syntax, known);
    }
    const key = `${mode}(${names.join()})`;
    let found = known.get(key);
    if (found === undefined) {
      found = this.#ask(source, form, names, mode);
      known.set(key, found);
    }
    return found;
  }

  #ask(source: string, form: FunctionForm, names: readonly string[], mode: Mode): FreeVariables {
    let strict = mode !== 'sloppy';
    let wrapper: () => object;
    try {
      wrapper = wrap(source, form, names, strict);
    } catch (error) {
      if (mode !== 'unknown') throw error;
      strict = false;
      wrapper = wrap(source, form, names, strict);
    }
    const [scope] = this.#lookup.scopesOf(wrapper());
    const isOurs = scope?.description.startsWith('Closure') === true;
    const captured = isOurs ? Object.getOwnPropertyNames(scope.object) : [];
    return { names: captured.filter((name) => names.includes(name)), strict };
  }
}

function wrap(
  source: string,
  form: FunctionForm,
  names: readonly string[],
  strict: boolean,
): () => object {
  const inside = form === 'expression' ? source : `{${source}\n}`;
  const directive = strict ? '"use strict";' : '';
  return evaluate(
    `(function(${names.join()}){${directive}return()=>(${inside}\n)})`,
  ) as () => object;
}

/** Of scripts Node keeps a kilobyte each, for good; so they are for where making code of text is forbidden. */
function evaluate(text: string): unknown {
  try {
    return new OwnFunction(`return ${text}`)() as unknown;
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return new Script(text).runInThisContext() as unknown;
  }
}
