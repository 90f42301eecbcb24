/** Who has called: what is captured, how it is shared, and what it may cost. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { captureCallSite, type CallSite, withCallSite } from '#dist/util/call-site.js';

/** Stands for a method of the library, with one more below it. */
function entry(): CallSite | undefined {
  return helper();
}

function helper(): CallSite | undefined {
  return captureCallSite(entry);
}

function caller(): CallSite | undefined {
  return entry();
}

const heading = 'RangeError: at first sight';
const remote = `${heading}\n    at pay (file:///shop/pay.js:7:9)`;

/** What is added to the stack of an error. */
function framesOf(site: CallSite | undefined): string {
  const error = Object.assign(new RangeError('x'), { stack: remote });
  site?.extend(error);
  assert.ok(error.stack.startsWith(remote));
  return error.stack.slice(remote.length);
}

/** Sets what the program can set about stacks, for one test. */
function setOnError(t: TestContext, key: string, descriptor: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(Error, key);
  t.after(() => {
    Reflect.deleteProperty(Error, key);
    if (before !== undefined) Object.defineProperty(Error, key, before);
  });
  Object.defineProperty(Error, key, { configurable: true, ...descriptor });
}

/**
 * A clock that goes on by `step` milliseconds with every look, and by what a test skips. There were no calls
 * for long, as it begins.
 */
function slowClock(step: number): { skip(milliseconds: number): void; whenRead(): Promise<void> } {
  let now = performance.now();
  let told: (() => void) | undefined;
  mock.method(performance, 'now', () => {
    told?.();
    return (now += step);
  });
  const skip = (milliseconds: number): void => {
    now += milliseconds;
  };
  // The calls of the test before may have left it to the 64th to look at the clock.
  for (let calls = 0; calls < 64; calls++) {
    skip(1000);
    caller()?.release();
  }
  skip(1000);
  /** Resolves in the turn in which something looks at it. */
  const whenRead = async (): Promise<void> => {
    // The timer of the budget does not hold the process.
    const hold = setInterval(() => {}, 60_000);
    await new Promise<void>((resolve) => (told = resolve));
    clearInterval(hold);
  };
  return { skip, whenRead };
}

/** How many of so many calls, each over at once, have a call site. */
function capturedOf(calls: number): number {
  let captured = 0;
  for (let i = 0; i < calls; i++) {
    const site = caller();
    if (site !== undefined) captured++;
    site?.release();
  }
  return captured;
}

afterEach(() => mock.restoreAll());

suite('a call site', () => {
  beforeEach(() => void slowClock(0));

  test('begins with whoever has called, and leaves out what was called', () => {
    const lines = framesOf(caller()).split('\n');
    assert.equal(lines[0], '');
    assert.match(lines[1] ?? '', /^ {4}at caller \(.*call-site\.test/);
    assert.match(lines[2] ?? '', /^ {4}at .*call-site\.test/);
  });

  test('is added to an error that has frames, and to nothing else', () => {
    const site = caller();
    for (const stack of ['', heading, 'at home', undefined, 7, [remote]]) {
      const error = Object.assign(new RangeError('x'), { stack });
      site?.extend(error);
      assert.equal(error.stack, stack);
    }
    for (const thrown of [undefined, null, remote, Object.freeze({ stack: remote })]) {
      assert.doesNotThrow(() => site?.extend(thrown));
    }
    assert.doesNotThrow(() => site?.extend(Object.freeze(new Error('x'))));
    const shy = Object.defineProperty(new Error('x'), 'stack', {
      get() {
        throw new Error('not for you');
      },
    });
    assert.doesNotThrow(() => site?.extend(shy));
  });

  test('is empty where it is asked for outside of what was called', () => {
    assert.equal(framesOf(captureCallSite(entry)), '');
  });

  test('is empty where stacks have no frames', (t) => {
    setOnError(t, 'stackTraceLimit', { value: 0 });
    assert.equal(framesOf(caller()), '');
  });

  test('is empty where there is no limit of frames at all, because V8 captures nothing then', (t) => {
    setOnError(t, 'stackTraceLimit', { value: undefined });
    assert.equal(framesOf(caller()), '');
  });

  test('does not mind a limit that cannot be changed', (t) => {
    setOnError(t, 'stackTraceLimit', { value: 1, writable: false });
    assert.match(framesOf(caller()), /^\n {4}at caller \(\S+\)$/);
  });

  test('has the form that Error.prepareStackTrace gives it', (t) => {
    setOnError(t, 'prepareStackTrace', {
      value: (error: unknown, sites: NodeJS.CallSite[]) =>
        `${String(error)}\n    at ${sites[0]?.getFunctionName()} (mapped.ts:1:1)`,
    });
    assert.equal(framesOf(caller()), '\n    at caller (mapped.ts:1:1)');
  });

  for (const [what, value] of [
    ['returns something else', (_error: unknown, sites: unknown) => sites],
    [
      'throws',
      () => {
        throw new Error('not this time');
      },
    ],
    ['writes no frames', () => 'at your service'],
  ] as const) {
    test(`is empty where Error.prepareStackTrace ${what}`, (t) => {
      setOnError(t, 'prepareStackTrace', { value });
      assert.equal(framesOf(caller()), '');
    });
  }

  test('is empty where Error.captureStackTrace throws', (t) => {
    setOnError(t, 'captureStackTrace', {
      value: () => {
        throw new Error('not here');
      },
    });
    assert.equal(framesOf(caller()), '');
  });
});

suite('one call site for many calls', () => {
  beforeEach(() => void slowClock(0));

  test('all calls get it, and those after them their own again', () => {
    const [site, other] = [caller(), caller()];
    assert.notEqual(site, other);
    withCallSite(site, () => {
      assert.equal(caller(), site);
      withCallSite(other, () => assert.equal(caller(), other));
      assert.equal(caller(), site);
    });
    assert.notEqual(caller(), site);
  });

  test('it is given back when a call throws', () => {
    const site = caller();
    assert.throws(() =>
      withCallSite(site, () => {
        throw new Error('refused');
      }),
    );
    assert.notEqual(caller(), site);
  });

  test('if it is unknown, no call captures its own', () => {
    withCallSite(undefined, () => assert.equal(framesOf(caller()), ''));
  });
});

suite('the budget', () => {
  test('some calls at once all have a call site', () => {
    slowClock(0.004);
    assert.equal(capturedOf(50), 50);
  });

  test('of a burst the first have one, and then one now and then', () => {
    const clock = slowClock(0.004);
    const first = capturedOf(200);
    assert.ok(first < 150, `${first} of 200 have one`);
    assert.ok(capturedOf(64 * 64) < 64, 'about every 64th looks at the clock');
    clock.skip(1000);
    assert.ok(capturedOf(64) > 0, 'a loop that never ends its turn is noticed');
  });

  test('after a burst, the next call has one', async () => {
    const clock = slowClock(0.004);
    capturedOf(500);
    // The texts are made meanwhile: next is the timer of the budget.
    await turn();
    clock.skip(1000);
    await clock.whenRead();
    assert.equal(capturedOf(10), 10);
  });

  test('what texts take is charged as well, of calls that are still under way', async (t) => {
    const clock = slowClock(0.004);
    let texts = 0;
    const prepare = (error: unknown): string => {
      texts++;
      clock.skip(1);
      return String(error);
    };
    setOnError(t, 'prepareStackTrace', { value: prepare });
    const [done, underWay] = [caller(), [1, 2, 3, 4].map(caller)];
    done?.release();
    await turn();
    assert.equal(texts, underWay.length);
    assert.equal(capturedOf(10), 0);
    clock.skip(50);
    assert.ok(capturedOf(64) > 0);
  });

  test('one slow capture does not silence those that follow', () => {
    slowClock(500);
    assert.equal(capturedOf(10), 10);
  });

  test('one slow text does not silence the calls that follow', async (t) => {
    const clock = slowClock(0);
    const prepare = (error: unknown): string => {
      clock.skip(5);
      return String(error);
    };
    setOnError(t, 'prepareStackTrace', { value: prepare });
    assert.ok(caller());
    await turn();
    assert.equal(capturedOf(10), 10);
  });

  test('a clock that goes back is survived', () => {
    const clock = slowClock(0.004);
    clock.skip(-1e6);
    capturedOf(500);
    clock.skip(1000);
    assert.ok(capturedOf(64) > 0);
  });
});
