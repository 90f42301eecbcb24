/**
 * Finds the module and the export under which a worker can find a function.
 *
 *     loaded modules (require's, registered ones) -> the inspector: which script defines it?
 *       -> none, or one of Node's: its name in every thread; another script: does it export the function?
 *
 * Only identity counts, never a name or a position in a file: two functions that a factory has made on one line are
 * different, and a variable that was assigned another value no longer leads to the old one.
 *
 * This code is loaded when a function without a tag is first submitted. It opens its inspector session when the
 * lists of loaded modules don't contain the function.
 */
import type { ModuleSyntax } from '../source/module-syntax.ts';
import { type BuiltinReference, Builtins } from './builtins.ts';
import { isEntryScript } from './entry-script.ts';
import { InspectorSession, type Sight } from './inspector-session.ts';
import { LoadedModules } from './loaded-modules.ts';
import { ModuleSources } from './module-source.ts';
import { ScriptUrls } from './script-urls.ts';

/** The facts about a function that no module exports. */
export interface Origin {
  readonly sight: Sight;
  /** The script that defines it, by its name in V8; undefined for native functions, or if it can't be determined. */
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
 * True if `new Function` made it. Its script has no URL, and the inspector needs 10 ms to report that for each such
 * function. No module has a function with that text at that position and with no scope around it.
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
  /** Results since the last {@link afresh}: each function is looked at once per submit. */
  #seen = new Map<object, Found>();

  /**
   * Drops all results, so that nothing is kept alive. The next lookup reads everything again: variables may have
   * changed.
   */
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

  /** The name under which every thread has `object`; for objects that are not functions. */
  builtin(object: object): BuiltinReference | undefined {
    return this.#builtins.find(object);
  }

  /** The URL of the CommonJS module whose exports `object` is. */
  commonjsModule(object: object): string | undefined {
    return this.#modules.moduleOf(object);
  }

  /** The imports and exports in the source of a module; undefined if the source can't be read. */
  syntaxOf(url: string): ModuleSyntax | undefined {
    return this.#sources.of(url);
  }

  /** The scopes around `fn`. */
  scopesOf(fn: object): Sight['scopes'] {
    return this.#inspect()?.session.look(fn, true).scopes ?? [];
  }

  /** The source text of a function, even if its `toString` was replaced. */
  sourceOf(fn: object): string {
    return this.#inspect()?.session.look(fn, false).source ?? '';
  }

  hasPrivateFields(object: object): boolean {
    return this.#inspect()?.session.hasPrivateFields(object) === true;
  }

  /** The target of a proxy; undefined if it can't be determined, or if the proxy is revoked. */
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
        // This runtime has no inspector, does not permit it, or gives unexpected answers.
        this.#inspection = 'none';
      }
    }
    return this.#inspection === 'none' ? undefined : this.#inspection;
  }
}
