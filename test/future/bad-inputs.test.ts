/** Wrong arguments to futures, `wait` and `asCompleted`: refused at once, with a message that helps. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asCompleted, Future, wait, type WaitOptions } from 'concurrent-futures';
import { finished, pending } from '../support/futures.js';

/** Each way of waiting, and whether it is refused by throwing or by a rejected promise. */
const waits: readonly [string, (options: WaitOptions) => unknown][] = [
  ['result', (options) => finished(1).result(options)],
  ['exception', (options) => finished(1).exception(options)],
  ['resultSync', (options) => finished(1).resultSync(options)],
  ['exceptionSync', (options) => finished(1).exceptionSync(options)],
  ['wait', (options) => wait([finished(1)], options)],
  ['wait for nothing', (options) => wait([], options)],
  ['asCompleted', (options) => asCompleted([finished(1)], options)],
  ['asCompleted of nothing', (options) => asCompleted([], options)],
];

async function refusal(act: () => unknown): Promise<Error & { code?: string }> {
  let value: unknown;
  try {
    value = await act();
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  return assert.fail(`not refused: ${String(value)}`);
}

for (const [name, call] of waits) {
  describe(`${name}, though nothing is left to wait for`, () => {
    test('refuses a timeout out of range', async () => {
      for (const timeout of [NaN, -1, -Infinity, 2 ** 31, 2 ** 40]) {
        const error = await refusal(() => call({ timeout }));
        assert.ok(error instanceof RangeError);
        assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
        assert.match(error.message, /^timeout must be milliseconds/);
      }
    });

    test('refuses a timeout that is no number', async () => {
      for (const timeout of ['5', null, true, 5n, {}, new Date()]) {
        const error = await refusal(() => call({ timeout: timeout as number }));
        assert.ok(error instanceof TypeError);
        assert.equal(error.code, 'ERR_INVALID_ARG_TYPE');
      }
    });

    test('refuses options it does not know, naming those it knows', async () => {
      const error = await refusal(() => call({ timeOut: 5 } as WaitOptions));
      assert.equal(error.code, 'ERR_UNKNOWN_OPTION');
      assert.match(error.message, /no option 'timeOut'\. Known options: timeout/);
    });

    test('refuses something else in the place of the options', async () => {
      for (const options of [null, 500, 'FIRST_COMPLETED', () => {}]) {
        const error = await refusal(() => call(options as WaitOptions));
        assert.equal(error.code, 'ERR_INVALID_ARG_TYPE');
      }
    });

    test('refuses a signal that is none', async () => {
      for (const signal of [new AbortController(), null, {}, 'abort']) {
        const error = await refusal(() => call({ signal: signal as AbortSignal }));
        const expected = name.endsWith('Sync') ? 'ERR_UNKNOWN_OPTION' : 'ERR_INVALID_ARG_TYPE';
        assert.equal(error.code, expected);
      }
    });
  });
}

for (const [name, call] of [
  ['wait', (futures: unknown) => wait(futures as Future<unknown>[])],
  ['asCompleted', (futures: unknown) => asCompleted(futures as Future<unknown>[])],
] as const) {
  test(`${name} refuses what is no iterable of futures, a single future included`, async () => {
    for (const futures of [undefined, null, 5, {}, pending(), Promise.resolve([])]) {
      const error = await refusal(() => call(futures));
      assert.equal(error.code, 'ERR_INVALID_ARG_TYPE');
      assert.match(error.message, /^futures must be an iterable of futures/);
    }
  });

  test(`${name} refuses items that are no futures, naming the first`, async () => {
    for (const item of [Promise.resolve(1), undefined, 1, { state: 'pending' }, Future]) {
      const error = await refusal(() => call([pending(), item, 'another']));
      assert.equal(error.code, 'ERR_INVALID_ARG_TYPE');
      assert.match(error.message, /^futures\[1\] must be a Future/);
    }
  });

  test(`${name} passes on what the iterable throws`, async () => {
    const error = new Error('no more');
    function* futures(): Generator {
      yield pending();
      throw error;
    }
    assert.equal(await refusal(() => call(futures())), error);
  });
}

test('a done-callback has to be a function, also on a done future', () => {
  for (const future of [pending(), finished(1)]) {
    for (const fn of [undefined, null, {}, 'fn']) {
      assert.throws(() => future.addDoneCallback(fn as () => void), {
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
        message: /^fn must be a function/,
      });
    }
  }
});

test('refused options leave the future as it was', async () => {
  const future = pending();
  await assert.rejects(future.result({ timeout: -1 }), RangeError);
  assert.throws(() => asCompleted([future], { timeout: -1 }), RangeError);
  assert.equal(future.state, 'pending');
  future.setResult(1);
  assert.equal(await future, 1);
});
