/**
 * Reads the imports and exports of an ES module from its source.
 *
 * The inspector shows the variables of a module under their local names. Only the source tells the names under which
 * they are exported. It is read from the module's own URL. A loader may have changed the code, but exports and
 * imports keep their names.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ModuleSyntax, moduleSyntax } from '../source/module-syntax.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import { isObject, memberOf, valueAt } from './identity.ts';
import type { Scope, Sight } from './inspector-session.ts';

const MOST_MODULES = 1000;

export class ModuleSources {
  readonly #known = new BoundedMap<string, ModuleSyntax | undefined>(MOST_MODULES);

  /** Undefined if the source can't be read. */
  of(url: string): ModuleSyntax | undefined {
    if (this.#known.has(url)) return this.#known.get(url);
    let text: string | undefined;
    try {
      text = read(url);
    } catch (error) {
      // A shortage is temporary, so this result is not kept: a later call may succeed.
      if (isShortage(error)) return undefined;
    }
    const syntax = text === undefined ? undefined : moduleSyntax(text);
    this.#known.set(url, syntax);
    return syntax;
  }

  /** The path from the exports of the module `url` to the function; undefined if it is not exported. */
  exportOf(fn: object, url: string, { location, scopes }: Sight): string[] | undefined {
    const scope = moduleScope(scopes);
    // A module has no scope to show if none of its functions uses any of its variables.
    const isBare = scopes.length === 0;
    const syntax = scope === undefined && !isBare ? undefined : this.of(url);
    if (syntax === undefined) return undefined;
    const { anonymousDefault } = syntax;
    const isDefault =
      anonymousDefault !== undefined &&
      location?.line === anonymousDefault.line &&
      location.column === anonymousDefault.column &&
      (isBare || scope === scopes[0]);
    if (scope === undefined) return isDefault ? ['default'] : undefined;
    const inside: [string, object][] = [];
    for (const local of Reflect.ownKeys(scope.object)) {
      if (typeof local !== 'string' || syntax.imports.has(local)) continue;
      const value = valueAt(scope.object, local, false);
      if (value === fn) {
        const name = exportedAs(syntax, local);
        if (name !== undefined) return [name];
      } else if (isObject(value) && syntax.exports.has(local)) inside.push([local, value]);
    }
    if (isDefault) return ['default'];
    for (const [local, value] of inside) {
      const member = memberOf(value, fn);
      const name = exportedAs(syntax, local);
      if (member !== undefined && name !== undefined) return [name, ...member];
    }
    return undefined;
  }
}

/** The scope of an ES module's own variables; undefined for all other scripts. */
export function moduleScope(scopes: readonly Scope[]): Scope | undefined {
  const outermost = scopes.at(-1);
  return outermost?.description === 'Module' ? outermost : undefined;
}

function exportedAs(
  { exports, anonymousDefault }: ModuleSyntax,
  local: string,
): string | undefined {
  const names = exports.get(local);
  if (names !== undefined) return names.includes(local) ? local : names[0];
  // Compilers use such a name for a default export that has none.
  return anonymousDefault !== undefined && local.endsWith('_default') ? 'default' : undefined;
}

function isShortage(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM';
}

function read(url: string): string | undefined {
  if (url.startsWith('file:'))
    return readFileSync(fileURLToPath(url.replace(/[?#].*$/, '')), 'utf8');
  const inline = /^data:[^,]*?(;base64)?,(.*)$/s.exec(url);
  if (inline === null) return undefined;
  const [, base64, body = ''] = inline;
  const text = decodeURIComponent(body.replace(/#.*$/s, ''));
  return base64 === undefined ? text : Buffer.from(text, 'base64').toString();
}
