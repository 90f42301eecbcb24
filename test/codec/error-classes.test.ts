/** Classes of errors by the names that both sides have for them. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { registerErrorClass, TimeoutError as OurTimeout } from 'concurrent-futures';
import { packError, unpackError } from '#dist/codec/error-envelope.js';

type Rich = Error & Record<string, unknown>;

function pack(thrown: unknown): ReturnType<typeof packError> {
  return structuredClone(packError(thrown, 'w_0', 'job'));
}

function travel(thrown: unknown): Rich {
  return unpackError(pack(thrown)) as Rich;
}

/** What both bundles of the library share; here it stands for one side's knowledge. */
function registry(): Map<string, unknown> {
  return Reflect.get(globalThis, Symbol.for('concurrent-futures.error-classes')) as Map<
    string,
    unknown
  >;
}

function makeGlobal(t: TestContext, errorClass: { readonly name: string }): void {
  Object.defineProperty(globalThis, errorClass.name, { value: errorClass, configurable: true });
  t.after(() => Reflect.deleteProperty(globalThis, errorClass.name));
}

suite('registered classes', () => {
  test('an error is rebuilt as one of its class, without its constructor', () => {
    let constructed = 0;
    class ShyError extends Error {
      constructor() {
        super('shy');
        constructed++;
      }

      greet(): string {
        return `I am ${this.message}`;
      }
    }
    assert.equal(registerErrorClass(ShyError), ShyError);
    const error = travel(new ShyError());
    assert.ok(error instanceof ShyError);
    assert.equal(error.greet(), 'I am shy');
    assert.equal(constructed, 1);
  });

  test('the name may be another than that of the class', () => {
    const anonymous = (() => class extends TypeError {})();
    registerErrorClass(anonymous, 'shop/CartError');
    assert.equal(Object.getPrototypeOf(travel(new anonymous('x'))), anonymous.prototype);
  });

  test('the nearest registered ancestor wins over the nearest standard one', () => {
    class Base extends Error {}
    class Middle extends Base {}
    class Leaf extends Middle {
      override name = 'Leaf';
    }
    registerErrorClass(Base, 'nearest/Base');
    registerErrorClass(Middle, 'nearest/Middle');
    const error = travel(new Leaf('x'));
    assert.equal(Object.getPrototypeOf(error), Middle.prototype);
    assert.equal(error.name, 'Leaf');
  });

  test('where the nearest is unknown, the next one is taken', () => {
    class Near extends RangeError {}
    class Nearer extends Near {}
    registerErrorClass(Near, 'next/Near');
    registerErrorClass(Nearer, 'next/Nearer');
    const envelope = pack(new Nearer('x'));
    registry().delete('next/Nearer');
    assert.equal(Object.getPrototypeOf(unpackError(envelope)), Near.prototype);
    registry().delete('next/Near');
    assert.equal(Object.getPrototypeOf(unpackError(envelope)), RangeError.prototype);
  });

  test("a class that is called like one of the language's, or of ours, is not taken for it", () => {
    const mine = {
      TimeoutError: class TimeoutError extends Error {},
      TypeError: class TypeError extends Error {},
    };
    registerErrorClass(mine.TimeoutError);
    registerErrorClass(mine.TypeError);
    assert.equal(
      Object.getPrototypeOf(travel(new mine.TimeoutError())),
      mine.TimeoutError.prototype,
    );
    assert.equal(Object.getPrototypeOf(travel(new mine.TypeError())), mine.TypeError.prototype);
    assert.equal(Object.getPrototypeOf(travel(new TypeError('x'))), TypeError.prototype);
    assert.ok(travel(new OurTimeout('late')) instanceof OurTimeout);
  });

  test('a class of standard errors that is registered hides none of its subclasses', () => {
    registerErrorClass(Error);
    assert.equal(Object.getPrototypeOf(travel(new RangeError('x'))), RangeError.prototype);
    assert.equal(Object.getPrototypeOf(travel(new Error('x'))), Error.prototype);
  });

  test('a subclass of one of our errors', () => {
    class SlowError extends OurTimeout {}
    registerErrorClass(SlowError);
    const error = travel(new SlowError('slow'));
    assert.ok(error instanceof SlowError && error instanceof OurTimeout);
    assert.equal(error.code, 'ERR_TIMEOUT');
  });

  test('a subclass of DOMException keeps what is in the slots of one', () => {
    class AbortedError extends DOMException {
      readonly by = 'user';
    }
    registerErrorClass(AbortedError);
    const error = travel(new AbortedError('stop', 'AbortError'));
    assert.ok(error instanceof AbortedError);
    assert.equal(error.name, 'AbortError');
    assert.equal(error.code, DOMException.ABORT_ERR);
    assert.equal(error.by, 'user');
  });

  test('a class whose prototype defends itself hides no failure', () => {
    class HostileError extends Error {}
    for (const key of ['name', 'cause', 'stack', 'constructor']) {
      Object.defineProperty(HostileError.prototype, key, {
        get() {
          throw new TypeError(`no ${key}`);
        },
      });
    }
    assert.equal(travel(new HostileError('x')).message, 'x');
    registerErrorClass(HostileError, 'HostileError');
    const error = travel(new HostileError('x'));
    assert.ok(error instanceof HostileError);
    assert.equal(error.message, 'x');
  });
});

suite('global classes', () => {
  test('an error of a class that is a member of globalThis is rebuilt as one', (t) => {
    class PolyfilledError extends Error {}
    makeGlobal(t, PolyfilledError);
    assert.ok(travel(new PolyfilledError('x')) instanceof PolyfilledError);
  });

  test('where it is not global, the next class is taken', (t) => {
    class OneSidedError extends RangeError {}
    makeGlobal(t, OneSidedError);
    const envelope = pack(new OneSidedError('x'));
    Reflect.deleteProperty(globalThis, 'OneSidedError');
    assert.equal(Object.getPrototypeOf(unpackError(envelope)), RangeError.prototype);
  });

  test('a class that only has the name of a global is not taken for it', (t) => {
    const [there, here] = [Error, TypeError].map((base) => {
      class SameNameError extends base {}
      return SameNameError;
    });
    assert.ok(there !== undefined && here !== undefined);
    makeGlobal(t, there);
    assert.equal(Object.getPrototypeOf(travel(new here('x'))), TypeError.prototype);
    const map = { Map: class Map extends Error {} };
    assert.equal(Object.getPrototypeOf(travel(new map.Map('x'))), Error.prototype);
  });

  test('a SuppressedError keeps both errors', (t) => {
    if (!('SuppressedError' in globalThis)) {
      // As a polyfill for Nodes without it does it.
      class SuppressedError extends Error {
        constructor(error: unknown, suppressed: unknown, message?: string) {
          super(message);
          Object.defineProperty(this, 'error', { value: error });
          Object.defineProperty(this, 'suppressed', { value: suppressed });
        }
      }
      makeGlobal(t, SuppressedError);
    }
    const suppressedError = Reflect.get(globalThis, 'SuppressedError') as new (
      error: unknown,
      suppressed: unknown,
    ) => Error;
    const error = travel(new suppressedError(new RangeError('while closing'), 'first'));
    assert.ok(error instanceof suppressedError);
    assert.ok(error['error'] instanceof RangeError);
    assert.equal(error['suppressed'], 'first');
  });
});

suite('what can be registered', () => {
  const notClasses: unknown[] = [undefined, null, 'Error', {}, Map, () => {}, new Error('x')];

  test('only a class of errors', () => {
    for (const each of notClasses) {
      assert.throws(() => registerErrorClass(each as typeof Error, 'X'), {
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
        message: /^errorClass must be a class that extends Error, but .* was given\.$/,
      });
    }
  });

  test('only under a name, which is a string that is not empty', () => {
    const anonymous = (() => class extends Error {})();
    for (const name of [undefined, '']) {
      assert.throws(() => registerErrorClass(anonymous, name), {
        name: 'RangeError',
        code: 'ERR_INVALID_ARG_VALUE',
        message: /^name must be .* but '' was given\.$/,
      });
    }
    assert.throws(() => registerErrorClass(anonymous, 7 as unknown as string), {
      name: 'TypeError',
      message: /^name must be a string, but 7 was given\.$/,
    });
  });

  test('only under a name that no other class has; the same class may be registered again', () => {
    class TakenError extends Error {}
    registerErrorClass(TakenError);
    registerErrorClass(TakenError);
    const other = class extends Error {};
    assert.throws(() => registerErrorClass(other, 'TakenError'), {
      name: 'RangeError',
      message: /^name must be a name that no other class has, but 'TakenError' was given\.$/,
    });
    assert.ok(travel(new TakenError('x')) instanceof TakenError);
  });
});
