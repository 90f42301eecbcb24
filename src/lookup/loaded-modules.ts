/**
 * Finds functions that loaded modules export, by identity and without loading anything. CommonJS modules (in Bun
 * also ES modules) are in the cache of `require`; ES modules are in the list of `concurrent-futures/register`.
 *
 * The index only gives the module to search: an export may have got another value since, so each result is checked
 * against the module's current exports.
 */
import { isMainThread } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import type { FunctionReference } from '../protocol/messages.ts';
import { isEntryScript, pathOf } from './entry-script.ts';
import { isObject, pathTo, valueAt } from './identity.ts';
import { namespaceList } from './namespace-list.ts';

interface LoadedModule {
  readonly url: string;
  readonly commonjs: boolean;
  readonly exported: object;
}

export class LoadedModules {
  #index = new WeakMap<object, LoadedModule>();
  readonly #seen = new Map<string, object>();
  /** The number of modules at the last look. */
  #count = -1;
  readonly #require = process.getBuiltinModule('node:module').createRequire(process.execPath);
  readonly #inBun = 'bun' in process.versions;

  find(fn: object): FunctionReference | undefined {
    this.#takeIn();
    const module = this.#index.get(fn);
    return module === undefined ? undefined : referenceIn(module, fn);
  }

  /**
   * The reference to `fn` in the current exports of a CommonJS module, even if they were assigned after it was
   * indexed.
   */
  findIn(script: string, fn: object): FunctionReference | undefined {
    const file = pathOf(script);
    const module = this.#require.cache[file];
    const [exports, loaded] = [module?.exports as unknown, module?.loaded];
    if (!isObject(exports) || loaded === false) return undefined;
    return referenceIn({ url: pathToFileURL(file).href, commonjs: true, exported: exports }, fn);
  }

  /** The URL of the CommonJS module whose exports object is `object`. */
  moduleOf(object: object): string | undefined {
    this.#takeIn();
    const module = this.#index.get(object);
    return module?.commonjs === true && module.exported === object ? module.url : undefined;
  }

  /** Indexes modules that were loaded since the last call. */
  #takeIn(): void {
    const registered = namespaceList();
    const { cache } = this.#require;
    const files = Object.keys(cache);
    const count = files.length + (registered?.size ?? 0);
    if (count === this.#count) return;
    this.#count = count;
    for (const [url, namespace] of registered ?? []) this.#add(url, namespace, false);
    const main = isMainThread ? this.#require.main : undefined;
    for (const file of files) {
      const module = cache[file];
      const [exports, loaded] = [module?.exports as unknown, module?.loaded];
      // The module is still loading. The next call checks it again.
      if (loaded === false) this.#count = -1;
      if (!isObject(exports) || loaded === false || this.#seen.get(file) === exports) continue;
      if (module === main || isEntryScript(file)) continue;
      this.#seen.set(file, exports);
      const isNamespace = this.#inBun && isModuleNamespace(exports);
      this.#add(pathToFileURL(file).href, exports, !isNamespace);
    }
  }

  #add(url: string, exported: object, isCommonjs: boolean): void {
    if (!isCommonjs) {
      if (this.#seen.get(url) === exported || isEntryScript(url)) return;
      this.#seen.set(url, exported);
    }
    const module: LoadedModule = { url, commonjs: isCommonjs, exported };
    const add = (value: unknown): void => {
      // A re-exported function belongs to the module that was indexed first: the dependencies of a module are done
      // before it.
      if (isObject(value) && !this.#index.has(value)) this.#index.set(value, module);
    };
    if (isCommonjs) {
      add(exported);
      // The static members of a class are not enumerable.
      if (typeof exported === 'function') addMembers(exported, add);
    }
    for (const key of Object.keys(exported)) {
      const value = valueAt(exported, key, false);
      if (!isObject(value)) continue;
      if (typeof value === 'function') add(value);
      addMembers(value, add);
    }
  }
}

function addMembers(value: object, add: (member: unknown) => void): void {
  for (const owner of [value, valueAt(value, 'prototype', false)]) {
    if (!isObject(owner)) continue;
    for (const key of Reflect.ownKeys(owner)) {
      const member = valueAt(owner, key, false);
      if (typeof member === 'function' && key !== 'constructor') add(member);
    }
  }
}

function referenceIn(
  { url, commonjs: isCommonjs, exported }: LoadedModule,
  fn: object,
): FunctionReference | undefined {
  const path = pathTo(exported, fn);
  if (path === undefined) return undefined;
  return { module: url, path, detached: true, ...(isCommonjs ? { commonjs: true } : {}) };
}

function isModuleNamespace(value: object): boolean {
  return (
    valueAt(value, Symbol.toStringTag, false) === 'Module' ||
    process.getBuiltinModule('node:util').types.isModuleNamespaceObject(value)
  );
}
