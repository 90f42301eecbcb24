/**
 * The way from the name of a function to the function, for names from other programs.
 *
 *     name -> the one file that it means, links followed -> the name of that file -> do the patterns match it?
 *          -> has it the submitter's code? -> that file is imported -> that export, if it is the module's own
 *
 * It is one walk: the checked file is the imported one, and nothing is resolved a second time. An export is a property
 * of the module, or a member of an object that it exports, own or from the classes that the object extends. Members
 * that the language gives to objects and functions are not exports: otherwise every function would lead to the
 * constructor of functions.
 */
import { isModuleNamespaceObject } from 'node:util/types';
import { allowList } from '../cluster/allow-list.ts';
import type { ModuleName, RemoteFunction } from '../cluster/call-format.ts';
import { findModule, nameModule } from '../cluster/module-name.ts';
import { CodeMismatchError, PicklingError } from '../errors.ts';
import { Builtins, loadedBuiltins } from '../lookup/builtins.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import {
  type AnyFunction,
  exporterOf,
  importModule,
  notFound,
  requireModule,
} from '../worker/import-function.ts';
import type { CodeVersions, NeededModule } from './code-versions.ts';
import { pureGlobal } from './pure-globals.ts';

/** The permissions with which the host was started. */
export interface Permission {
  readonly root: string;
  /** Patterns. None: modules below the root, and installed packages. */
  readonly allow: readonly string[];
  readonly allowCode: boolean;
  /** Milliseconds. */
  readonly importTimeout: number;
}

type ModuleFunction = Extract<RemoteFunction, { readonly module: ModuleName }>;

const MOST_KNOWN = 1_000;
/** Files that Node runs as modules. `require` would also run the text of any other file, of any author. */
const CODE_FILE = /\.(?:[cm]?[jt]s|[jt]sx|node)$/;

/** Members of every function, or of the objects that it makes. */
const NO_EXPORTS = new Set(['prototype', 'constructor', '__proto__', 'arguments', 'caller']);

export class FunctionGate {
  readonly permission: Permission;
  readonly #versions: CodeVersions;
  readonly #mayRun: (name: string) => boolean;
  readonly #known = new BoundedMap<string, AnyFunction>(MOST_KNOWN);

  constructor(permission: Permission, versions: CodeVersions) {
    this.permission = permission;
    this.#versions = versions;
    this.#mayRun = allowList(permission.allow, permission.allowCode);
  }

  /** A function that was found here before. */
  known(name: RemoteFunction): AnyFunction | undefined {
    return 'global' in name ? pureGlobal(name.global) : this.#known.get(JSON.stringify(name));
  }

  /**
   * @param task - the task that needs it, for messages.
   * @throws PicklingError (`ERR_NOT_ALLOWED`, `ERR_IMPORT`), CodeMismatchError
   */
  async find(name: RemoteFunction, task: string): Promise<AnyFunction> {
    const known = this.known(name);
    if (known !== undefined) return known;
    const found =
      'global' in name ? this.#global(name.global, task) : await this.#exported(name, task);
    this.#known.set(JSON.stringify(name), found);
    return found;
  }

  /**
   * The module of this name, as it is imported here.
   *
   * @throws PicklingError (`ERR_NOT_ALLOWED`, `ERR_IMPORT`)
   */
  locate(name: ModuleName, task: string): string {
    const { root } = this.permission;
    const found = findModule(name, root);
    // Without query and fragment: each other text there would load the module another time.
    const url = found.replace(/[?#].*$/s, '');
    const meant = url.startsWith('node:') ? url : nameModule(url, root);
    this.checkModule(name, meant, task);
    return url;
  }

  /**
   * @param meant - the name of the file that `name` has led to.
   * @throws PicklingError (`ERR_NOT_ALLOWED`)
   */
  checkModule(name: ModuleName, meant: ModuleName, task: string): void {
    if (this.#mayRun(meant)) return;
    const isOwn = meant.startsWith('node:');
    const where = name === meant ? '' : ` (${meant})`;
    const why = isOwn
      ? `Node's own modules are run with --allow ${meant} only`
      : 'it was started with --allow, and no pattern matches';
    throw notAllowed(`import ${name}${where}, which ${task} needs: ${why}`);
  }

  #global(path: readonly string[], task: string): AnyFunction {
    const name = path.join('.');
    if (!this.#mayRun(`global:${name}`))
      throw notAllowed(`call ${name} for ${task}: it was not started with --allow global:${name}`);
    return exported(globalThis, path, 'node: the global object').fn;
  }

  async #exported(name: ModuleFunction, task: string): Promise<AnyFunction> {
    const url = this.locate(name.module, task);
    const isCode = url.startsWith('node:') || CODE_FILE.test(url);
    if (!isCode)
      throw notAllowed(`run ${name.module} for ${task}: it is no JavaScript by its name`);
    const needed = this.needed(name.module, name.hash, url, task);
    this.#versions.check(needed);
    const namespace =
      name.commonjs === true
        ? requireModule(url)
        : await importModule(url, this.permission.importTimeout);
    this.#versions.loaded(needed);
    const exporter =
      name.commonjs === true ? namespace : exporterOf(namespace as object, name.path[0] as string);
    // A member is called on its object, unless it was passed on without it.
    const found = exported(exporter, name.path, name.module);
    const isMember = found.owner !== namespace && name.detached !== true;
    return isMember ? found.fn.bind(found.owner) : found.fn;
  }

  /** @throws CodeMismatchError if the call does not give its version. */
  needed(name: ModuleName, hash: string | undefined, url: string, task: string): NeededModule[] {
    if (url.startsWith('node:')) return [];
    if (hash !== undefined) return [{ name, url, hash }];
    throw new CodeMismatchError(
      `${task} needs ${name}, and the call does not say which version of it. Submit it with the release of concurrent-futures that hosts have.`,
    );
  }
}

/** @throws PicklingError (`ERR_IMPORT`, `ERR_NOT_ALLOWED`) */
function exported(
  start: unknown,
  path: readonly string[],
  module: string,
): { readonly fn: AnyFunction; readonly owner: unknown } {
  let owner: unknown = undefined;
  let found: unknown = start;
  // A path may run in circles, through objects that are members of themselves, and have any length. So slow steps are
  // done once for each object, and only if needed.
  const passed = new Set<unknown>();
  for (const [index, key] of path.entries()) {
    owner = found;
    const pathSoFar = (): string => path.slice(0, index + 1).join('.');
    const holder = NO_EXPORTS.has(key) ? undefined : holderOf(owner, key);
    if (holder === undefined) throw notFound(`${module} has no export '${pathSoFar()}'.`);
    // All members of the module's own namespace are allowed, including re-exports.
    const isOwn = index === 0 && isModuleNamespaceObject(holder);
    if (!isOwn && !module.startsWith('node:') && !passed.has(holder) && isBuiltin(holder))
      throw notAllowed(`call ${pathSoFar()} of ${module}: it is a function of Node's own`);
    passed.add(holder);
    found = Reflect.get(owner as object, key);
  }
  if (typeof found === 'function') return { fn: found as AnyFunction, owner };
  throw notFound(
    `The export '${path.join('.')}' of ${module} is not a function but ${typeof found}.`,
  );
}

/** The owner of the property: the object, or a class that it extends. */
function holderOf(owner: unknown, key: string): object | undefined {
  let each: unknown = owner;
  while (each !== Function.prototype) {
    if ((typeof each !== 'object' && typeof each !== 'function') || each === null) return undefined;
    if (Object.hasOwn(each, key)) return each;
    if (typeof each === 'object') return undefined;
    each = Object.getPrototypeOf(each);
  }
  return undefined;
}

const builtins = new Builtins();

/**
 * True for an object of the language, an export of one of Node's modules, or a namespace of such a module. Many modules
 * contain or extend one, without having made it to be called from elsewhere.
 */
function isBuiltin(object: object): boolean {
  if (!isModuleNamespaceObject(object)) return builtins.find(object) !== undefined;
  const exports: unknown = Reflect.get(object, 'default');
  return loadedBuiltins().some(([, each]) => each === exports);
}

export function notAllowed(what: string): PicklingError {
  return new PicklingError(`This host may not ${what}.`, { code: 'ERR_NOT_ALLOWED' });
}
