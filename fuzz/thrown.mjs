/** Values that tasks throw, and their parts that must arrive. */
import { createSecretKey } from 'node:crypto';
import { types } from 'node:util';
import { BrokenThreadPool, CancelledError, RemoteError, TimeoutError } from 'concurrent-futures';

export const TEXT = 'the true error';

/** It only needs to arrive as a failure, without harm. */
const anything = () => undefined;

const same = (expected) => (arrived) =>
  Object.is(arrived, expected) || `is not ${String(expected)}`;

const withText = (arrived) =>
  (arrived instanceof Error && arrived.message === TEXT) || 'lost its message';

const all =
  (...checks) =>
  (arrived) =>
    checks.map((check) => check(arrived)).find((found) => typeof found === 'string') ?? true;

const isClass = (errorClass) => (arrived) =>
  Object.getPrototypeOf(arrived) === errorClass.prototype || `is no ${errorClass.name}`;

const has = (key, value) => (arrived) => arrived[key] === value || `lost its ${key}`;

class OwnError extends Error {}

function circle() {
  const first = new Error(TEXT);
  first.cause = new Error('second', { cause: first });
  return first;
}

function chain(length) {
  let error = new Error('the first');
  for (let i = 0; i < length; i++) error = new Error(TEXT, { cause: error });
  return error;
}

function named() {}

const refuses = () => {
  throw new Error('a trap');
};

/** By name: `make` makes the thrown value; `check` returns a text if another value has arrived. */
export const thrown = {
  undefined: { make: () => undefined, check: same(undefined) },
  null: { make: () => null, check: same(null) },
  minusZero: { make: () => -0, check: same(-0) },
  nan: { make: () => Number.NaN, check: same(Number.NaN) },
  text: { make: () => TEXT, check: same(TEXT) },
  big: { make: () => 7n, check: same(7n) },
  false: { make: () => false, check: same(false) },
  symbol: {
    make: () => Symbol(TEXT),
    check: (arrived) => String(arrived).includes(TEXT) || 'lost its text',
  },
  function: { make: () => named, check: anything },
  list: { make: () => [1, 2], check: (arrived) => arrived?.[1] === 2 || 'lost its items' },
  bare: { make: () => Object.assign(Object.create(null), { a: 1 }), check: has('a', 1) },
  range: { make: () => new RangeError(TEXT), check: all(withText, isClass(RangeError)) },
  type: { make: () => new TypeError(TEXT), check: all(withText, isClass(TypeError)) },
  withCode: {
    make: () => Object.assign(new Error(TEXT), { code: 'E_OWN', info: 5 }),
    check: all(withText, has('code', 'E_OWN'), has('info', 5)),
  },
  ownClass: { make: () => new OwnError(TEXT), check: all(withText) },
  frozen: {
    make: () => Object.freeze(new TypeError(TEXT)),
    check: all(withText, isClass(TypeError)),
  },
  circle: { make: circle, check: withText },
  chain: { make: () => chain(200), check: withText },
  aggregate: {
    make: () => new AggregateError([new RangeError('one'), 2], TEXT),
    check: all(withText, (arrived) => arrived.errors?.length === 2 || 'lost its errors'),
  },
  domException: {
    make: () => new DOMException(TEXT, 'AbortError'),
    check: all(has('message', TEXT), has('name', 'AbortError')),
  },
  withBlob: {
    make: () => Object.assign(new Error(TEXT), { body: new Blob(['x']) }),
    check: withText,
  },
  withMemory: {
    make: () => Object.assign(new Error(TEXT), { memory: new SharedArrayBuffer(8) }),
    check: withText,
  },
  withKey: {
    make: () => Object.assign(new Error(TEXT), { key: createSecretKey(Buffer.from('secret')) }),
    check: withText,
  },
  withFunction: { make: () => Object.assign(new Error(TEXT), { retry() {} }), check: withText },
  withPromise: {
    make: () => Object.assign(new Error(TEXT), { p: Promise.resolve() }),
    check: withText,
  },
  withGetter: {
    make: () => Object.defineProperty(new Error(TEXT), 'odd', { enumerable: true, get: refuses }),
    check: withText,
  },
  stackGetter: {
    make: () => Object.defineProperty(new Error(TEXT), 'stack', { get: refuses }),
    check: anything,
  },
  oddFields: {
    make: () => Object.assign(new Error(), { name: 5, message: { a: 1 } }),
    check: anything,
  },
  proxy: {
    make: () =>
      new Proxy(new Error(TEXT), { getPrototypeOf: refuses, get: refuses, ownKeys: refuses }),
    check: anything,
  },
  revoked: {
    make: () => {
      const { proxy, revoke } = Proxy.revocable(new Error(TEXT), {});
      revoke();
      return proxy;
    },
    check: anything,
  },
  // oxlint-disable-next-line unicorn/no-thenable -- this is the point
  thenable: { make: () => ({ then: refuses }), check: anything },
  long: {
    make: () => new Error('x'.repeat(300_000)),
    check: (arrived) => arrived.message?.length === 300_000 || 'lost its message',
  },
  timeout: { make: () => new TimeoutError(TEXT), check: withText },
  broken: { make: () => new BrokenThreadPool(TEXT), check: withText },
  cancelled: { make: () => new CancelledError(TEXT), check: withText },
};

export const thrownNames = Object.keys(thrown);

/** @returns the problem with the value that has arrived; undefined if there is none. */
export function faultOfThrown(name, arrived, isolated) {
  const found = thrown[name].check(arrived);
  if (typeof found === 'string') return found;
  if (!isolated || !types.isNativeError(arrived) || name === 'circle') return undefined;
  if (!['range', 'type', 'withCode', 'chain'].includes(name)) return undefined;
  let last = arrived;
  while (last.cause !== undefined) last = last.cause;
  return last instanceof RemoteError ? undefined : 'has no RemoteError at the end of its causes';
}
