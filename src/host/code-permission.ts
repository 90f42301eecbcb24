/**
 * The modules that code of a call may load, on a host that allows code. The sender has written the code that runs, so
 * this is no protection: it applies the patterns to senders that mean no harm, and compares versions.
 */
import type { RemoteCode } from '../cluster/call-format.ts';
import { findModule, nameModule } from '../cluster/module-name.ts';
import { findModules, modulesOf } from '../cluster/packed-modules.ts';
import type { Packed } from '../protocol/packed.ts';
import type { NeededModule } from './code-versions.ts';
import { type FunctionGate, notAllowed } from './function-gate.ts';

/** The code of a call, with the modules of this host. */
export interface FoundCode {
  readonly packed: Packed;
  readonly needed: readonly NeededModule[];
}

/** @throws PicklingError (`ERR_NOT_ALLOWED`, `ERR_IMPORT`), CodeMismatchError */
export function findCode(
  given: Packed,
  { code: hashes }: RemoteCode,
  task: string,
  gate: FunctionGate,
): FoundCode {
  const { root, allowCode } = gate.permission;
  if (!allowCode)
    throw notAllowed(
      `run code that comes with a call, and no module exports ${task}, or something among its arguments. ` +
        'Export it from a module that hosts have, or start them with --allow-code if you trust everybody who can write to this Redis',
    );
  const packed = findModules(given, (name) => findModule(name, root));
  const needed = modulesOf(packed, root).flatMap((url): NeededModule[] => {
    const name = nameModule(url, root);
    gate.checkModule(name, name, task);
    return gate.needed(name, hashes[name], url, task);
  });
  return { packed, needed };
}
