/**
 * Writes calls as the data of jobs: functions by names that mean the same on every host, values as they are at the
 * moment of `submit`.
 */
import { PicklingError } from '../errors.ts';
import type { NumberedCall } from '../functions/function-registry.ts';
import { findReference, type SomeFunction } from '../functions/prepare.ts';
import type { FunctionEntry, FunctionReference } from '../protocol/messages.ts';
import type { Packed } from '../protocol/packed.ts';
import {
  DEFAULT_INLINE_LIMIT,
  DEFAULT_MAX_PAYLOAD,
  DEFAULT_MISMATCH_PATIENCE,
  FORMAT,
  type ModuleHashes,
  type RemoteCall,
  type RemoteCode,
  type RemoteFunction,
} from './call-format.ts';
import type { ClusterSettings } from './cluster-options.ts';
import { ModuleHasher } from './module-hash.ts';
import { nameModule } from './module-name.ts';
import { modulesOf, nameModules } from './packed-modules.ts';
import { type Packet, packet } from './parcel.ts';
import { inline, writtenSize, toBlob, writeValue } from './wire-value.ts';

/** A call in the form in which it is stored in Redis. */
export interface WrittenCall {
  readonly remote: RemoteCall;
  /** Its arguments, if they are too large for its record. */
  readonly packet: Packet | undefined;
}

export class CallWriter {
  readonly #settings: ClusterSettings;
  readonly #hasher: ModuleHasher;
  /**
   * The named functions by number. A module's code is loaded only once, so the name and hash of a function do not
   * change.
   */
  readonly #known = new Map<number, RemoteFunction>();
  /** Functions among arguments, in the form in which hosts find them. It does not change. */
  readonly #references = new WeakMap<object, RemoteFunction>();

  constructor(settings: ClusterSettings) {
    this.#settings = settings;
    this.#hasher = new ModuleHasher(settings.root);
  }

  /** @throws PicklingError, or the error of cloning an argument. */
  write(id: string, { entry, args }: NumberedCall, chunk: boolean): WrittenCall {
    const known = this.#known.get(entry.id);
    const { source, given } =
      known === undefined ? this.#name(entry, args) : { source: known, given: args };
    const { maxPayload, inlineLimit, mismatchPatience, onWorkerDeath } = this.#settings;
    const functions = new FunctionList();
    const written = writeValue(given, (fn) => {
      const reference = this.#reference(fn);
      return reference && functions.number(reference);
    });
    const size = writtenSize(written);
    if (size > maxPayload) {
      throw new PicklingError(
        `The arguments of ${entry.name} take ${size} bytes, and a call on this cluster may have ${maxPayload}. ` +
          'Put what is large where all hosts can read it, and pass its address; or raise maxPayload, in memory of Redis.',
        { code: 'ERR_TOO_LARGE' },
      );
    }
    const own = size > inlineLimit ? packet(id, toBlob(written)) : undefined;
    const remote: RemoteCall = {
      cf: FORMAT,
      name: entry.name,
      source,
      ...(own === undefined ? inline(written) : { parcel: own.parcel }),
      ...(functions.all.length === 0 ? {} : { functions: functions.all }),
      ...(chunk ? { chunk: true } : {}),
      ...(onWorkerDeath === 'fail' ? { onWorkerDeath } : {}),
      ...(maxPayload === DEFAULT_MAX_PAYLOAD ? {} : { maxPayload }),
      ...(inlineLimit === DEFAULT_INLINE_LIMIT ? {} : { inlineLimit }),
      ...(mismatchPatience === DEFAULT_MISMATCH_PATIENCE
        ? {}
        : { mismatchPatience: Math.ceil(mismatchPatience) }),
    };
    return { remote, packet: own };
  }

  #name(
    { id, source }: FunctionEntry,
    args: unknown[],
  ): { readonly source: RemoteFunction | RemoteCode; readonly given: unknown[] } {
    if ('global' in source) return { source, given: args };
    if ('module' in source) {
      const named = this.#named(source);
      this.#known.set(id, named);
      return { source: named, given: args };
    }
    const inEachCall = source.value === 'in each call';
    const packed = source.value === 'in each call' ? (args[0] as Packed) : source.value;
    const rest = inEachCall ? args.slice(1) : args;
    return {
      source: { code: this.#hashes(modulesOf(packed, this.#settings.root)) },
      given: [nameModules(packed, (url) => nameModule(url, this.#settings.root)), ...rest],
    };
  }

  /** Undefined for a function that hosts can't find; it may travel as code instead. */
  #reference(fn: object): RemoteFunction | undefined {
    const known = this.#references.get(fn);
    if (known !== undefined) return known;
    const source = findReference(fn as SomeFunction)?.source;
    if (source === undefined || 'value' in source) return undefined;
    const reference = 'global' in source ? source : this.#named(source);
    this.#references.set(fn, reference);
    return reference;
  }

  #named({ module: url, path, commonjs, detached }: FunctionReference): RemoteFunction {
    const module = nameModule(url, this.#settings.root);
    const hash = this.#hashes([url])[module];
    return {
      module,
      path,
      ...(hash === undefined ? {} : { hash }),
      ...(commonjs === undefined ? {} : { commonjs }),
      // An export itself has no object that it could be detached from.
      ...(detached === undefined || path.length === 1 ? {} : { detached }),
    };
  }

  #hashes(urls: readonly string[]): ModuleHashes {
    const { root } = this.#settings;
    return Object.fromEntries(
      urls
        .filter((url) => !url.startsWith('node:'))
        .map((url) => [nameModule(url, root), this.#hasher.hashOf(url)]),
    );
  }
}

/** The functions among the arguments of a call, each once. */
class FunctionList {
  readonly all: RemoteFunction[] = [];

  number(reference: RemoteFunction): number {
    const known = this.all.indexOf(reference);
    return known < 0 ? this.all.push(reference) - 1 : known;
  }
}
