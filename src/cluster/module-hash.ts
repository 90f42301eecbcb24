/**
 * Whether two machines have the same code under the same name, told by a hash.
 *
 * It is of a module's bytes and of those of all files that it loads, directly or through others, as far as
 * that is written in them. A published package stands for itself by its name and version: nobody
 * changes what is in one. A package that is developed beside the program is followed into its files.
 *
 * Files are numbered in the order in which they are reached, so the hash knows who loads what, and nothing
 * of where all that lies. What is not found goes in by its specifier: it is then missing on both
 * machines, or the hashes differ.
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

/** Bytes of a hash that are kept: nobody finds two texts for the same 128 bits by accident. */
const BYTES = 16;
const MOST_FILES = 20_000;
const MOST_MODULES = 10_000;
const CODE = /(?:\.[cm]?[jt]sx?|[/\\][^./\\]+)$/;

export class ModuleHasher {
  readonly #root: string;
  readonly #files = new BoundedMap<string, FileDigest>(MOST_FILES);
  readonly #hashes = new BoundedMap<string, string>(MOST_MODULES);

  /** @param root - the folder that the names of modules begin at. */
  constructor(root: string) {
    this.#root = realPath(root);
  }

  /** The hash that the module had when it was asked for first, which is when it was loaded or before. */
  hashOf(url: string): string {
    return this.#hashes.get(url) ?? this.fresh(url);
  }

  /** The hash of what is on disk now. Only files that have changed are read. */
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
    // Grows while it is gone through.
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

  /** What a specifier stands for, as numbers of files or as text. */
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

/** Undefined: it is no file, or not there. */
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
