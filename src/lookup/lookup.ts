/**
 * Where a function is to be found by somebody else: the module and the export that it is.
 *
 *     loaded modules (require's, registered ones) -> the inspector: which script defines it?
 *       -> none, or one of Node's: what every thread has by that name; another: does it export it?
 *
 * Identity decides, never a name or a place in a file: two functions that a factory has made on one line
 * are told apart, and a variable that was given another value is no longer what it was.
 *
 * Loaded when a function without a tag is first submitted; opens its inspector session when the
 * lists of loaded modules don't have the function.
 */
import type { ModuleSyntax } from '../source/module-syntax.ts';
import { type BuiltinReference, Builtins } from './builtins.ts';
import { isEntryScript } from './entry-script.ts';
import { InspectorSession, type Sight } from './inspector-session.ts';
import { LoadedModules } from './loaded-modules.ts';
import { ModuleSources } from './module-source.ts';
import { ScriptUrls } from './script-urls.ts';

/** What is known of a function that no module exports. */
export interface Origin {
  readonly sight: Sight;
  /** The script that defines it, as V8 names it; undefined of native functions, or if it can't be found out. */
  readonly url: string | undefined;
}

export type Found =
  | { readonly builtin: BuiltinReference }
  | { readonly origin: Origin | undefined };

interface Inspection {
  readonly session: InspectorSession;
  readonly urls: ScriptUrls;
}

/**
 * Whether `new Function` made it. Its script has no URL, and to be told so takes 10 ms for each such function. No
 * module has a function of that text in that place, with nothing around it.
 */
function isMadeOfText({ source, location, scopes }: Sight): boolean {
  if (location?.line !== 0 || scopes.length > 0) return false;
  const head = /^(?:async )?function\*? anonymous(?=\()/.exec(source)?.[0];
  return head !== undefined && location.column === head.length + 1;
}

export class Lookup {
  readonly #builtinReferences = new WeakMap<object, BuiltinReference>();
  readonly #modules = new LoadedModules();
  readonly #builtins = new Builtins();
  readonly #sources = new ModuleSources();
  #inspection: Inspection | 'closed' | 'none' = 'closed';
  /** What was seen since {@link afresh}: one look serves the whole of a submit. */
  #seen = new Map<object, Found>();

  /** Looks again at everything from now on, since variables may change, and keeps nothing of it alive. */
  afresh(): void {
    if (this.#seen.size > 0) this.#seen = new Map();
    if (typeof this.#inspection === 'object') this.#inspection.session.release();
  }

  find(fn: object): Found {
    const known = this.#builtinReferences.get(fn);
    if (known !== undefined) return { builtin: known };
    let found = this.#seen.get(fn);
    if (found === undefined) {
      found = this.#look(fn);
      this.#seen.set(fn, found);
    }
    return found;
  }

  #look(fn: object): Found {
    const reference = this.#modules.find(fn);
    if (reference !== undefined) return this.#remember(fn, { reference });
    const inspection = this.#inspect();
    if (inspection === undefined) {
      const builtin = this.#builtins.find(fn);
      return builtin === undefined ? { origin: undefined } : { builtin };
    }
    return this.#inspected(fn, inspection);
  }

  #inspected(fn: object, { session, urls }: Inspection): Found {
    const sight = session.look(fn, true);
    const { location } = sight;
    const url =
      location === undefined ? undefined : isMadeOfText(sight) ? '' : urls.of(location.script);
    if (sight.bound !== undefined) return { origin: { sight, url: undefined } };
    if (location === undefined || url?.startsWith('node:') === true) {
      const builtin = url === undefined ? this.#builtins.find(fn) : this.#builtins.findIn(url, fn);
      return builtin === undefined ? { origin: { sight, url } } : this.#remember(fn, builtin);
    }
    if (url !== undefined && !isEntryScript(url)) {
      const path = this.#sources.exportOf(fn, url, sight);
      const reference =
        path === undefined
          ? this.#modules.findIn(url, fn)
          : { module: url, path, detached: true as const };
      if (reference !== undefined) return this.#remember(fn, { reference });
    }
    return { origin: { sight, url } };
  }

  /** What every thread has under a name of its own; for objects that are no functions. */
  builtin(object: object): BuiltinReference | undefined {
    return this.#builtins.find(object);
  }

  /** The URL of the CommonJS module whose exports `object` is. */
  commonjsModule(object: object): string | undefined {
    return this.#modules.moduleOf(object);
  }

  /** What the source of a module says; undefined if it can't be had. */
  syntaxOf(url: string): ModuleSyntax | undefined {
    return this.#sources.of(url);
  }

  /** The names of what a wrapper around some source takes from outside. */
  scopesOf(fn: object): Sight['scopes'] {
    return this.#inspect()?.session.look(fn, true).scopes ?? [];
  }

  /** The source text of a function, whatever its `toString` says. */
  sourceOf(fn: object): string {
    return this.#inspect()?.session.look(fn, false).source ?? '';
  }

  hasPrivateFields(object: object): boolean {
    return this.#inspect()?.session.hasPrivateFields(object) === true;
  }

  /** What a proxy stands for; undefined if that can't be found out, or is nothing any more. */
  targetOf(proxy: object): unknown {
    return this.#inspect()?.session.targetOf(proxy);
  }

  #remember(fn: object, builtin: BuiltinReference): Found {
    this.#builtinReferences.set(fn, builtin);
    return { builtin };
  }

  #inspect(): Inspection | undefined {
    if (this.#inspection === 'closed') {
      try {
        const session = new InspectorSession();
        this.#inspection = { session, urls: new ScriptUrls(session) };
      } catch {
        // None in this runtime, not permitted, or not as we know it.
        this.#inspection = 'none';
      }
    }
    return this.#inspection === 'none' ? undefined : this.#inspection;
  }
}
