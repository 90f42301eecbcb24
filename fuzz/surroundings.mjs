/** The objects that a record must not change: those of the language, and their members. */

const CLASSES =
  'Object Function Array String Number Boolean BigInt Symbol RegExp Date Promise Map Set WeakMap WeakSet ArrayBuffer ' +
  'SharedArrayBuffer DataView Uint8Array Float64Array Error TypeError RangeError AggregateError DOMException Buffer URL';
const OTHERS = 'Math JSON Reflect Atomics globalThis process console';

const named = (names) => names.split(' ').map((name) => globalThis[name]);
const classes = [...named(CLASSES), Object.getPrototypeOf(Uint8Array)];
const PLACES = [
  ...classes.flatMap((each) => [each, each.prototype]),
  ...named(OTHERS),
  process.env,
];

// Reading it loads code that sets properties of the global object, and so do other members.
void FormData;

export class Surroundings {
  #before = PLACES.map((place) => stateOf(place));

  /** The changes since it was made; undefined if there are none. */
  change() {
    for (let i = 0; i < PLACES.length; i++) {
      const { keys, descriptors, prototype } = this.#before[i];
      if (Object.getPrototypeOf(PLACES[i]) !== prototype) return `place ${i} has another prototype`;
      const now = Reflect.ownKeys(PLACES[i]);
      for (const key of now)
        if (!descriptors.has(key)) return `place ${i} has a new property ${String(key)}`;
      for (const key of keys)
        if (!isSame(Reflect.getOwnPropertyDescriptor(PLACES[i], key), descriptors.get(key)))
          return `property ${String(key)} of place ${i} has changed`;
    }
    return undefined;
  }

  /** Restores the changed objects. */
  restore() {
    for (let i = 0; i < PLACES.length; i++) {
      const { descriptors, prototype } = this.#before[i];
      if (Object.getPrototypeOf(PLACES[i]) !== prototype)
        Reflect.setPrototypeOf(PLACES[i], prototype);
      for (const key of Reflect.ownKeys(PLACES[i]))
        if (!descriptors.has(key)) Reflect.deleteProperty(PLACES[i], key);
      for (const [key, descriptor] of descriptors)
        if (!isSame(Reflect.getOwnPropertyDescriptor(PLACES[i], key), descriptor))
          Reflect.defineProperty(PLACES[i], key, descriptor);
    }
  }
}

/** Without reading values: some are made at the first read. */
function stateOf(object) {
  const keys = Reflect.ownKeys(object);
  const descriptors = new Map(
    keys.map((key) => [key, Reflect.getOwnPropertyDescriptor(object, key)]),
  );
  return { keys, descriptors, prototype: Object.getPrototypeOf(object) };
}

function isSame(now, before) {
  return (
    now !== undefined &&
    Object.is(now.value, before.value) &&
    now.get === before.get &&
    now.set === before.set &&
    now.enumerable === before.enumerable &&
    now.writable === before.writable &&
    now.configurable === before.configurable
  );
}
