/** Initializers that break their pool. */

export function failsToInitialize(reason) {
  throw new RangeError(reason);
}

export function exitsInInitializer() {
  process.exit(5);
}

export function neverInitialized() {
  return new Promise(() => void setTimeout(() => {}, 2 ** 30));
}
