/** What a task threw, packed as plain data and rebuilt: class, properties, causes, members. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { packError, unpackError } from '#dist/codec/error-envelope.js';
import { PicklingError, RemoteError, TimeoutError } from 'concurrent-futures';
import { value } from '../support/arbitrary-values.ts';

type Rich = Error & Record<string, unknown>;

/** There and back, over the boundary that an envelope has to be able to cross. */
function travel(thrown: unknown): unknown {
  return unpackError(structuredClone(packError(thrown, 'w_0', 'job')));
}

class CustomError extends RangeError {
  readonly needed: number;
  constructor(needed: number) {
    if (needed !== 42) throw new TypeError('not meant to be called again');
    super(`needs ${needed}`);
    this.name = 'CustomError';
    this.needed = needed;
  }
}

suite('classes', () => {
  const standard = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];
  for (const errorClass of standard) {
    test(`${errorClass.name} stays one`, () => {
      const original = new errorClass('what');
      const error = travel(original) as Error;
      assert.equal(Object.getPrototypeOf(error), errorClass.prototype);
      assert.equal(error.message, 'what');
      assert.equal(error.stack, `${original.stack}\n    at worker w_0 (<anonymous>)`);
      assert.equal(error.name, errorClass.name);
    });
  }

  test("this library's own errors stay what they are, with their code", () => {
    const timeout = travel(new TimeoutError('late')) as TimeoutError;
    assert.ok(timeout instanceof TimeoutError);
    assert.equal(timeout.code, 'ERR_TIMEOUT');
    const pickling = travel(new PicklingError('no', { code: 'ERR_IMPORT' })) as PicklingError;
    assert.ok(pickling instanceof PicklingError);
    assert.equal(pickling.code, 'ERR_IMPORT');
  });

  test('a class with a constructor of its own becomes its standard parent, under its name', () => {
    const error = travel(new CustomError(42)) as CustomError;
    assert.ok(error instanceof RangeError);
    assert.equal(error.name, 'CustomError');
    assert.equal(error.needed, 42);
    assert.equal(error.message, 'needs 42');
  });

  test('a DOMException stays one', () => {
    const error = travel(new DOMException('stop', 'AbortError')) as DOMException;
    assert.ok(error instanceof DOMException);
    assert.equal(error.name, 'AbortError');
    assert.equal(error.message, 'stop');
    assert.equal(error.code, DOMException.ABORT_ERR);
  });

  test('a name without a class of that name is kept', () => {
    const error = travel(Object.assign(new Error('x'), { name: 'Odd' })) as Error;
    assert.equal(error.name, 'Odd');
    assert.equal(String(error), 'Odd: x');
  });
});

suite('properties', () => {
  test('own properties are kept, and errors among them stay errors', () => {
    const inner = new TypeError('inner');
    const given = {
      code: 'E_X',
      errno: -2,
      data: new Map([[1, { a: 1 }]]),
      inner,
      nothing: undefined,
    };
    const error = travel(Object.assign(new Error('x'), given)) as Rich;
    assert.deepEqual(Object.keys(error), ['code', 'errno', 'data', 'inner', 'nothing']);
    assert.deepEqual(error['data'], given.data);
    assert.ok(error['inner'] instanceof TypeError);
  });

  test('what cannot be cloned becomes a text, and the rest is kept', () => {
    const error = travel(
      Object.assign(new Error('x'), { fn: () => 1, deep: { fn: () => 2 }, code: 'E_X' }),
    ) as Rich;
    assert.equal(typeof error['fn'], 'string');
    assert.equal(typeof error['deep'], 'string');
    assert.equal(error['code'], 'E_X');
  });

  test('getters that throw do not hide the failure', () => {
    const original = new Error('x');
    for (const key of ['code', 'stack', 'cause', 'name']) {
      Object.defineProperty(original, key, {
        enumerable: true,
        get() {
          throw new Error(`no ${key}`);
        },
      });
    }
    const error = travel(original) as Error;
    assert.ok(error instanceof Error);
    assert.equal(error.message, 'x');
  });

  test('an error that is a proxy which throws at everything still arrives as something', () => {
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('no get');
      },
      ownKeys() {
        throw new Error('no keys');
      },
      getPrototypeOf() {
        throw new Error('no prototype');
      },
      getOwnPropertyDescriptor() {
        throw new Error('no descriptor');
      },
    });
    assert.doesNotThrow(() => travel(hostile));
    assert.doesNotThrow(() => travel({ hostile }));
  });

  test('an error with its own __proto__ property pollutes nothing', () => {
    const original = Object.defineProperty(new Error('x'), '__proto__', {
      value: { polluted: true },
      enumerable: true,
    });
    const error = travel(original) as Rich;
    assert.ok(error instanceof Error);
    assert.equal(error['polluted'], undefined);
  });
});

suite('causes and members', () => {
  test('a cause chain is kept, and the worker is named at its end', () => {
    const original = new Error('a', { cause: new TypeError('b', { cause: new RangeError('c') }) });
    const a = travel(original) as Error;
    const b = a.cause as Error;
    const c = b.cause as Error;
    assert.deepEqual([a.message, b.message, c.message], ['a', 'b', 'c']);
    assert.ok(b instanceof TypeError && c instanceof RangeError);
    const remote = c.cause as RemoteError;
    assert.ok(remote instanceof RemoteError);
    assert.equal(remote.worker, 'w_0');
    assert.equal(remote.task, 'job');
    assert.equal(remote.stack, original.stack);
    assert.equal(Object.keys(a).includes('cause'), false);
  });

  test('a cause that is no error is kept', () => {
    assert.deepEqual((travel(new Error('x', { cause: { a: 1 } })) as Error).cause, { a: 1 });
    const none = travel(new Error('x', { cause: undefined })) as Error;
    assert.equal(none.cause, undefined);
  });

  test('the members of an AggregateError are kept', () => {
    const members = [new TypeError('a'), 'text', new AggregateError([new RangeError('b')])];
    const error = travel(new AggregateError(members, 'several')) as AggregateError;
    assert.ok(error instanceof AggregateError);
    assert.equal(error.message, 'several');
    assert.ok(error.errors[0] instanceof TypeError);
    assert.equal(error.errors[1], 'text');
    assert.ok((error.errors[2] as AggregateError).errors[0] instanceof RangeError);
  });

  test('cycles through causes, members and properties are kept', () => {
    const first: Rich = new Error('first') as Rich;
    const second = new AggregateError([first], 'second', { cause: first });
    first.cause = second;
    first['self'] = first;
    const error = travel(first) as Rich;
    const other = error.cause as AggregateError;
    assert.equal(error['self'], error);
    assert.equal(other.cause, error);
    assert.equal(other.errors[0], error);
  });

  test('a chain of a thousand causes', () => {
    let original = new Error('0');
    for (let i = 1; i < 1000; i++) original = new Error(String(i), { cause: original });
    let length = 0;
    for (let e = travel(original) as Error; !(e instanceof RemoteError); e = e.cause as Error)
      length++;
    assert.equal(length, 1000);
  });
});

/** The stack that an error with this one arrives with, from a worker of that name. */
function stackFrom(stack: string, worker: string): string | undefined {
  const original = Object.assign(new Error('x'), { stack });
  return (unpackError(structuredClone(packError(original, worker, 'job'))) as Error).stack;
}

suite('stacks', () => {
  const frames = '\n    at pay (file:///shop/pay.js:7:9)\n    at run (file:///w.cjs:1:1)';

  test('the worker is named below its frames, in the form of a frame', () => {
    const stack = stackFrom(`TypeError: at first sight${frames}`, 'pool_0');
    assert.equal(stack, `TypeError: at first sight${frames}\n    at worker pool_0 (<anonymous>)`);
  });

  test('what called the task in the worker is left out, and nothing else', () => {
    const own =
      '\n    at #run (/lib/dist/thread/thread-entry.cjs:9:9)\n    at /lib/dist/thread/thread-entry.cjs:3:3';
    const node =
      '\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)';
    const worker = '\n    at worker pool_0 (<anonymous>)';
    assert.equal(stackFrom(`Error: x${frames}${own}`, 'pool_0'), `Error: x${frames}${worker}`);
    assert.equal(
      stackFrom(`Error: x${frames}${own}${node}`, 'pool_0'),
      `Error: x${frames}${worker}`,
    );
    assert.equal(
      stackFrom(`Error: x${frames}${node}`, 'pool_0'),
      `Error: x${frames}${node}${worker}`,
    );
    const amid = `Error: x${own}${frames}`;
    assert.equal(stackFrom(amid, 'pool_0'), `${amid}${worker}`);
    const processes = own.replaceAll('thread', 'process');
    assert.equal(
      stackFrom(`Error: x${frames}${processes}`, 'pool_0'),
      `Error: x${frames}${worker}`,
    );
  });

  test('a stack that ends with a worker already is left so', () => {
    const stack = stackFrom(`Error: x${frames}`, 'pool_0') ?? '';
    assert.equal(stackFrom(stack, 'pool_1'), stack);
    const further = `${stack}\n    at outer (file:///shop/outer.js:1:1)`;
    assert.equal(stackFrom(further, 'pool_1'), `${further}\n    at worker pool_1 (<anonymous>)`);
  });

  test('a stack without frames stays without', () => {
    for (const stack of ['', 'Error: look at this', 'at home'])
      assert.equal(stackFrom(stack, 'pool_0'), stack);
  });

  test('a name that would not fit into a line of a stack is made to', () => {
    const stack = stackFrom(`Error: x${frames}`, 'of (two)\nlines');
    assert.equal(stack, `Error: x${frames}\n    at worker of two lines (<anonymous>)`);
  });

  test('causes and members keep their own stacks', () => {
    const cause = new Error('why');
    const member = new Error('one');
    const error = travel(new AggregateError([member], 'all', { cause })) as AggregateError;
    assert.equal((error.cause as Error).stack, cause.stack);
    assert.equal((error.errors[0] as Error).stack, member.stack);
  });

  test('a limit of frames that cannot be changed is no obstacle', (t) => {
    const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
    assert.ok(limit);
    t.after(() => Object.defineProperty(Error, 'stackTraceLimit', limit));
    Object.defineProperty(Error, 'stackTraceLimit', { writable: false });
    const error = travel(new RangeError('x'));
    assert.ok(error instanceof RangeError);
    assert.match(error.stack ?? '', /error-envelope\.test.*\n {4}at worker w_0 \(<anonymous>\)$/s);
  });
});

test('values that are no errors are thrown as they are', () => {
  fc.assert(
    fc.property(value, (each) => {
      if (each instanceof Error) return;
      assert.deepStrictEqual(travel(each), structuredClone(each));
    }),
  );
});

test('whatever an error carries, the envelope can be made and rebuilt', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), value, (properties, cause) => {
      const error = travel(Object.assign(new Error('x', { cause }), properties));
      assert.ok(error instanceof Error);
    }),
  );
});
