/** Random values that a call must keep unchanged. */

const atoms = [
  (random) => random.int(-1000, 1000),
  (random) => random.next() * 10 ** random.int(-20, 20),
  (random) => random.pick([Number.NaN, -0, Infinity, 2 ** 53, undefined, null, true, false]),
  (random) => BigInt(random.int(0, 2 ** 31)) ** BigInt(random.int(0, 4)),
  (random) => text(random, random.int(0, 40)),
  (random) => text(random, random.int(1000, 20_000)),
  (random) => new Date(random.int(0, 2 ** 31) * 1000),
  (random) => new RegExp(`a{${random.int(0, 9)}}`, random.pick(['', 'g', 'iu'])),
  (random) => bytes(random, random.int(0, 300)),
  (random) => new Float64Array([random.next(), -0, Number.NaN]),
  (random) => bytes(random, random.int(1, 50)).buffer,
  (random) => new RangeError(text(random, 5)),
];

export function bytes(random, length) {
  const found = new Uint8Array(length);
  for (let i = 0; i < Math.min(length, 64); i++) found[i] = random.int(0, 255);
  return found;
}

function text(random, length) {
  return random.pick(['a', 'ü', '€', '😀', '\0', '\ud800']).repeat(length);
}

/** @param depth - the nesting of containers. */
export function randomValue(random, depth = 3) {
  if (depth === 0 || random.chance(0.5)) return random.pick(atoms)(random);
  const inner = () => randomValue(random, depth - 1);
  const count = random.int(0, 4);
  switch (random.int(0, 4)) {
    case 0:
      return random.list(count, inner);
    case 1:
      return new Map(random.list(count, (i) => [i, inner()]));
    case 2:
      return new Set(random.list(count, inner));
    case 3: {
      const circle = { inner: inner() };
      circle.self = circle;
      return circle;
    }
    default:
      return Object.fromEntries(random.list(count, (i) => [`key${i}`, inner()]));
  }
}
