/** What a record must not change: the objects of the language, and what hangs on them. */

const PLACES = [
  Object,
  Function,
  Array,
  String,
  Number,
  Boolean,
  RegExp,
  Date,
  Map,
  Set,
  Error,
  TypeError,
  Promise,
  ArrayBuffer,
  Uint8Array,
  DataView,
  Symbol,
].flatMap((each) => [each, each.prototype]);
PLACES.push(Math, JSON, Reflect, globalThis, process);

export class Surroundings {
  #before = PLACES.map((each) => describe(each));

  /** What has changed since it was made; undefined if nothing has. */
  change() {
    for (const [index, place] of PLACES.entries())
      if (describe(place) !== this.#before[index]) return `place ${index} has changed`;
    return undefined;
  }
}

/** Without asking for values: some are made when they are asked for. */
function describe(object) {
  const keys = Reflect.ownKeys(object).map((key) => {
    const { value, get, set } = Reflect.getOwnPropertyDescriptor(object, key) ?? {};
    return `${String(key)} ${typeof value} ${typeof get} ${typeof set}`;
  });
  return keys.join('\n');
}
