/** The classes of views over bytes, by the names that records give them. */
import { isDataView } from 'node:util/types';
import {
  globalObject,
  reflectGet,
  SafeMap,
  TrueBigInt64Array,
  TrueBigUint64Array,
  TrueDataView,
  TrueFloat32Array,
  TrueFloat64Array,
  TrueInt16Array,
  TrueInt32Array,
  TrueInt8Array,
  TrueUint16Array,
  TrueUint32Array,
  TrueUint8Array,
  TrueUint8ClampedArray,
  typedArrayName,
} from '../util/primordials.ts';

/** For a DataView the length is in bytes, for others in elements. */
type ViewClass = new (buffer: ArrayBuffer, byteOffset: number, length: number) => ArrayBufferView;

const classes = new SafeMap<string, ViewClass>();
const known: readonly (readonly [name: string, viewClass: ViewClass | undefined])[] = [
  ['Uint8Array', TrueUint8Array],
  ['Int8Array', TrueInt8Array],
  ['Uint8ClampedArray', TrueUint8ClampedArray],
  ['Uint16Array', TrueUint16Array],
  ['Int16Array', TrueInt16Array],
  ['Uint32Array', TrueUint32Array],
  ['Int32Array', TrueInt32Array],
  // Newer engines have it.
  ['Float16Array', reflectGet(globalObject, 'Float16Array') as ViewClass | undefined],
  ['Float32Array', TrueFloat32Array],
  ['Float64Array', TrueFloat64Array],
  ['BigUint64Array', TrueBigUint64Array],
  ['BigInt64Array', TrueBigInt64Array],
  ['DataView', TrueDataView],
];
for (let i = 0; i < known.length; i++) {
  const viewClass = known[i]?.[1];
  if (viewClass !== undefined) classes.set(known[i]?.[0] as string, viewClass);
}

export function viewClassNamed(name: string): ViewClass | undefined {
  return classes.get(name);
}

/** What a view is by itself, whatever class its program has given it. */
export function viewName(view: ArrayBufferView): string {
  return isDataView(view) ? 'DataView' : typedArrayName(view);
}
