/**
 * Tells by a hash whether two machines have the same code under the same name.
 *
 * The hash covers a module's bytes and those of all files that it loads, directly or indirectly, as far as that is
 * visible in their source. A published package is represented by its name and version, because nobody changes a
 * published version. A package that is developed beside the program is included with its files.
 *
 * Files are numbered in the order in which they are reached, so the hash depends on which file loads which, but not
 * on where the files are. A specifier that can't be resolved is included as text: it is missing on both machines, or
 * the hashes differ.
 */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { moduleRequests } from '../source/module-requests.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import { findRequested } from './module-request.ts';
import {
  installedFolder,
  isOwnCode,
  manifestIn,
  packageIdentity,
  realPath,
} from './package-folder.ts';

interface FileDigest {
  readonly mtimeMs: number;
  readonly size: number;
  readonly digest: string;
  readonly requests: readonly string[];
}

/** Bytes of a hash that are kept: nobody finds two texts with the same 128 bits by accident. */
const BYTES = 16;
const MOST_FILES = 20_000;
const MOST_MODULES = 10_000;
const CODE = /(?:\.[cm]?[jt]sx?|[/\\][^./\\]+)$/;

export class ModuleHasher {
  readonly #root: string;
  readonly #files = new BoundedMap<string, FileDigest>(MOST_FILES);
  readonly #hashes = new BoundedMap<string, string>(MOST_MODULES);

  /** @param root - the folder to which the names of modules are relative. */
  constructor(root: string) {
    this.#root = realPath(root);
  }

  /** The hash of the module at its first request, which comes when it is loaded or before. */
  hashOf(url: string): string {
    return this.#hashes.get(url) ?? this.fresh(url);
  }

  /** The hash of the files on disk now. Only files that have changed are read. */
  fresh(url: string): string {
    const hash = this.#compute(url);
    this.#hashes.set(url, hash);
    return hash;
  }

  #compute(url: string): string {
    const start = realFile(url);
    if (start === undefined) return digestOf(url.startsWith('file:') ? 'missing' : url);
    const lines: string[] = [];
    const folder = isOwnCode(start, this.#root) ? undefined : installedFolder(start);
    if (folder !== undefined) lines.push(packageIdentity(manifestIn(folder) ?? {}));
    // The map grows during the loop.
    const reached = new Map([[start, 0]]);
    for (const file of reached.keys()) {
      const { digest, requests } = this.#read(file);
      lines.push(
        digest,
        ...requests.map((each) => JSON.stringify(this.#target(each, file, reached))),
      );
    }
    return digestOf(lines.join('\n'));
  }

  /** The meaning of a specifier: numbers of files, or text. */
  #target(
    specifier: string,
    from: string,
    reached: Map<string, number>,
  ): readonly (string | number)[] {
    const found = findRequested(specifier, from, this.#root);
    if (found === undefined) return [specifier, 'missing'];
    if ('builtin' in found) return [specifier];
    if ('installed' in found) return [specifier, packageIdentity(found.installed.manifest)];
    return [
      specifier,
      ...found.files.map((file) => {
        const number = reached.get(file) ?? reached.size;
        reached.set(file, number);
        return number;
      }),
    ];
  }

  #read(file: string): FileDigest {
    const { mtimeMs, size } = statSync(file);
    const known = this.#files.get(file);
    if (known?.mtimeMs === mtimeMs && known.size === size) return known;
    const bytes = readFileSync(file);
    const requests = CODE.test(file) ? moduleRequests(bytes.toString()) : [];
    const read = { mtimeMs, size, digest: digestOf(bytes), requests };
    this.#files.set(file, read);
    return read;
  }
}

/** Undefined if it is not a file, or does not exist. */
function realFile(url: string): string | undefined {
  try {
    const file = realpathSync(fileURLToPath(url.replace(/[?#].*$/s, '')));
    return statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest().subarray(0, BYTES).toString('base64url');
}
