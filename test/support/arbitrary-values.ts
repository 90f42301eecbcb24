/** Values of every kind that structured clone keeps, for property tests: nested, shared, cyclic. */
import * as fc from 'fast-check';

export const primitive: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer(),
  fc.constantFrom(
    0,
    -0,
    Number.NaN,
    Infinity,
    -Infinity,
    127,
    128,
    -128,
    -129,
    2 ** 31,
    -(2 ** 31),
  ),
  fc.double(),
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 400 }),
  // Lone surrogates, and other code units that are not characters.
  fc
    .array(fc.integer({ min: 0xd700, max: 0xe000 }), { maxLength: 50 })
    .map((units) => String.fromCharCode(...units)),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(undefined, null),
);

const viewClasses = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
];

const bytes = fc.uint8Array({ maxLength: 300 });

const view: fc.Arbitrary<unknown> = fc
  .record({ bytes, kind: fc.nat(viewClasses.length - 1), skip: fc.nat(4), drop: fc.nat(4) })
  .map(({ bytes: content, kind, skip, drop }) => {
    const viewClass = viewClasses[kind]!;
    const size = viewClass.BYTES_PER_ELEMENT;
    const buffer = new ArrayBuffer(content.length * 8);
    new Uint8Array(buffer).set(content);
    const offset = Math.min(skip * size, buffer.byteLength);
    const length = Math.max(0, (buffer.byteLength - offset) / size - drop);
    return new viewClass(buffer, offset, length);
  });

const key = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.nat(50).map(String),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'then', 'length', 'a', 'b', 'id', 'name'),
);

/** An object whose entries are its own, `__proto__` included. */
function record(
  entries: readonly (readonly [string, unknown])[],
  prototype: object | null,
): object {
  const object = Object.create(prototype) as object;
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}

export const value: fc.Arbitrary<unknown> = fc.letrec((tie) => {
  const inner = tie('value');
  const entries = fc.array(fc.tuple(key, inner), { maxLength: 6 });
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      primitive,
      fc.date({ noInvalidDate: true }),
      view,
      bytes.map((content) => content.slice().buffer),
      bytes.map((content) => new DataView(content.slice().buffer, content.length >> 1)),
      fc.constantFrom(/a.b/giu, new Error('e'), new Boolean(false), Object('boxed') as object),
      fc.array(inner, { maxLength: 6 }),
      fc.sparseArray(inner, { maxLength: 20, maxNumElements: 4 }),
      fc.tuple(fc.array(inner, { maxLength: 4 }), entries).map(([array, extra]) => {
        const named = extra.filter(([name]) => name !== '__proto__' && name !== 'length');
        return Object.assign(array, Object.fromEntries(named));
      }),
      entries.map((each) => record(each, Object.prototype)),
      entries.map((each) => record(each, null)),
      fc.array(fc.tuple(inner, inner), { maxLength: 5 }).map((each) => new Map(each)),
      fc.array(inner, { maxLength: 5 }).map((each) => new Set(each)),
      // The same object in several places, and in itself.
      inner.map((shared) => ({ one: shared, two: [shared, shared] })),
      inner.map((content) => {
        const self: Record<string, unknown> = { content };
        self['self'] = self;
        self['map'] = new Map<unknown, unknown>([[self, [self]]]);
        return self;
      }),
      view.map((each) => [each, (each as Uint8Array).buffer, each]),
    ),
  };
})['value'];
