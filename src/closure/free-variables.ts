/**
 * Finds the variables around a function that its source uses.
 *
 * V8 answers that: the source is put into a function whose parameters have the names in question, and V8 keeps only
 * the parameters that the source refers to. V8 knows every construct of the language, and tells shadowed names
 * apart. The source does not run: it is inside an arrow function that is never called.
 */
import { Script } from 'node:vm';
import type { Lookup } from '../lookup/lookup.ts';
import type { FunctionForm } from '../protocol/packed.ts';
import type { FunctionSyntax } from '../source/function-syntax.ts';

/** Captured early: the program may replace the global later. */
const OwnFunction = Function;

/** The same text may occur in several places, with different variables around it. */
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
   * @param syntax - of the original text of `source`; the same object for all functions of one text.
   * @param names - the names of all variables around it.
   * @param mode - `unknown` for code that may be strict or sloppy.
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

/**
 * `new Function` comes first, because Node keeps a kilobyte for each Script forever. Script is for programs that
 * forbid code from strings.
 */
function evaluate(text: string): unknown {
  try {
    return new OwnFunction(`return ${text}`)() as unknown;
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return new Script(text).runInThisContext() as unknown;
  }
}
