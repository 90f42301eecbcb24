/**
 * What a call may make a host load. Whoever can write to Redis can write any job, so nothing that a job says
 * of itself is believed: what a packed function would load is found out from what it is.
 */
import { allowList } from '../cluster/allow-list.ts';
import type { ModuleHashes, ModuleName, RemoteCall, RemoteSource } from '../cluster/call-format.ts';
import { nameModule } from '../cluster/module-name.ts';
import { hasCode, modulesOf } from '../cluster/packed-modules.ts';
import { CodeMismatchError, PicklingError } from '../errors.ts';
import type { Packed } from '../protocol/packed.ts';

/** What the host was started with. */
export interface Permission {
  readonly root: string;
  /** Patterns; none allows all. */
  readonly allow: readonly string[];
  readonly allowCode: boolean;
}

/** They make code of text. */
// oxlint-disable-next-line eslint/no-eval -- not to be called
const compilers: ReadonlySet<unknown> = new Set([globalThis.eval, Function]);
/** A worker serves one host, whose patterns stay the same. */
let mayImport: ((module: ModuleName) => boolean) | undefined;

/** @throws PicklingError (`ERR_NOT_ALLOWED`); CodeMismatchError for one of which the call does not say what it is. */
export function checkModules(
  modules: readonly ModuleName[],
  { name, source }: RemoteCall,
  { allow }: Permission,
): void {
  mayImport ??= allowList(allow);
  const hashes = hashesOf(source);
  for (const module of modules) {
    if (!mayImport(module)) {
      throw notAllowed(
        `import ${module}, which ${name} needs: it was started with --allow, and no pattern matches`,
      );
    }
    if (!module.startsWith('node:') && hashes[module] === undefined) {
      throw new CodeMismatchError(
        `${name} needs ${module}, and the call does not say which version of it. Submit it with the release of concurrent-futures that hosts have.`,
      );
    }
  }
}

/** What the code of the modules is that a call names. */
export function hashesOf(source: RemoteSource): ModuleHashes {
  if ('packed' in source) return source.hashes;
  return 'module' in source && source.hash !== undefined ? { [source.module]: source.hash } : {};
}

/** @throws PicklingError (`ERR_NOT_ALLOWED`), CodeMismatchError */
export function checkPacked(packed: Packed, data: RemoteCall, permission: Permission): void {
  const { root, allowCode } = permission;
  if (!allowCode) {
    const bringsCode = packed.nodes.some(({ k }) => k === 'require' || k === 'importer');
    if (bringsCode || hasCode(packed)) throw noCode(data.name);
    for (const node of packed.nodes)
      if (node.k === 'global') checkGlobal(node.path, data, permission);
  }
  const modules = modulesOf(packed, root).map((url) => nameModule(url, root));
  checkModules(modules, data, permission);
}

/** @throws PicklingError (`ERR_NOT_ALLOWED`) */
export function checkGlobal(
  path: readonly string[],
  { name }: RemoteCall,
  { allow, allowCode }: Permission,
): void {
  if (allowCode) return;
  let found: unknown = globalThis;
  for (const step of path) {
    const isObject = (typeof found === 'object' && found !== null) || typeof found === 'function';
    const isHere = isObject && Object.hasOwn(found as object, step);
    found = isHere ? Reflect.get(found as object, step) : undefined;
    // Inherited, every function has the one that makes functions.
    if (!isHere || compilers.has(found))
      throw notAllowed(`call ${path.join('.')} for ${name}: it is no plain function`);
  }
  if (allow.length > 0 && path[0] === 'process')
    throw notAllowed(`call ${path.join('.')} for ${name}: it was started with --allow`);
}

function noCode(task: string): PicklingError {
  return notAllowed(
    `run code that comes with a call, and no module exports ${task}, or something among its arguments. ` +
      'Export it from a module that hosts have, or start them with --allow-code if you trust everybody who can write to this Redis',
  );
}

function notAllowed(what: string): PicklingError {
  return new PicklingError(`This host may not ${what}.`, { code: 'ERR_NOT_ALLOWED' });
}
