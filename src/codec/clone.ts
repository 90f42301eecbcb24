/**
 * Structured cloning into bytes, for what leaves the process and has no place in the format of `tags.ts`.
 *
 * V8's own serializer, and not Node's `v8.serialize`: that one cuts views out of their buffers, so two
 * views of one buffer would come back with a buffer each, which `structuredClone` keeps together. Bun
 * has no such serializer; there `v8.serialize` is the engine's structured clone, and does keep them.
 */
import { isSharedArrayBuffer } from 'node:util/types';
import { deserialize, Deserializer, serialize, Serializer } from 'node:v8';
import { className } from '../util/validate.ts';
import { findHostObject } from './host-object.ts';

class CloneWriter extends Serializer {
  _getDataCloneError(message: string): Error {
    return new DOMException(message, 'DataCloneError');
  }

  _writeHostObject(object: object): never {
    throw cannotLeave(object);
  }

  _getSharedArrayBufferId(): never {
    throw cannotBeShared();
  }
}

const hasSerializer = process.versions['bun'] === undefined;

function cannotBeShared(): DOMException {
  return new DOMException(
    'A SharedArrayBuffer can only be shared with threads of the same process: use a ThreadPoolExecutor, or send a copy of its bytes.',
    'DataCloneError',
  );
}

function cannotLeave(object: object): DOMException {
  if (isSharedArrayBuffer(object)) return cannotBeShared();
  return new DOMException(
    `A ${className(object)} can't leave its process: use a ThreadPoolExecutor, or send plain data instead.`,
    'DataCloneError',
  );
}

/** @throws DataCloneError, or what a getter throws. */
export function cloneToBytes(value: unknown): Uint8Array<ArrayBuffer> {
  const host = findHostObject(value);
  if (host !== undefined) throw cannotLeave(host);
  if (!hasSerializer) return new Uint8Array(serialize(value));
  const writer = new CloneWriter();
  writer.writeHeader();
  writer.writeValue(value);
  const bytes = writer.releaseBuffer();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @throws Error if it was not written by {@link cloneToBytes}, or is cut off. */
export function cloneFromBytes(bytes: Uint8Array): unknown {
  if (!hasSerializer) return deserialize(bytes);
  const reader = new Deserializer(bytes);
  reader.readHeader();
  return reader.readValue();
}
