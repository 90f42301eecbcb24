/** Compares the code of this host with the submitter's, before it is loaded and after. */
import type { ModuleName } from '../cluster/call-format.ts';
import { ModuleHasher } from '../cluster/module-hash.ts';
import { CodeMismatchError } from '../errors.ts';

/** A module that a call needs. */
export interface NeededModule {
  readonly name: ModuleName;
  /** Its location on this host. */
  readonly url: string;
  /** The hash of its code at the submitter. */
  readonly hash: string;
}

export class CodeVersions {
  readonly #root: string;
  readonly #hasher: ModuleHasher;
  /** The hashes of loaded modules, by URL: a worker keeps a module as it was at its first import. */
  readonly #loaded = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
    this.#hasher = new ModuleHasher(root);
  }

  /** Before the import. @throws CodeMismatchError if the code here is not the submitter's. */
  check(modules: readonly NeededModule[]): void {
    for (const { name, url, hash } of modules) {
      const before = this.#loaded.get(url);
      if (before === hash) continue;
      if (before !== undefined)
        throw this.#mismatch(name, 'This host has loaded another version of it. Start it anew.');
      if (this.#hasher.fresh(url) !== hash)
        throw this.#mismatch(name, 'Deploy the same code to hosts and submitters.');
    }
  }

  /** After the import. @throws CodeMismatchError if the code has changed while it was being loaded. */
  loaded(modules: readonly NeededModule[]): void {
    this.check(modules);
    for (const { url, hash } of modules) this.#loaded.set(url, hash);
  }

  #mismatch(name: ModuleName, remedy: string): CodeMismatchError {
    return new CodeMismatchError(
      `${name} is not the same on this host (below ${this.#root}) as where the call was submitted, or something that it imports is not. ${remedy}`,
    );
  }
}
