/** What comes of an outcome that somebody has written who may not mean well. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RemoteError } from 'concurrent-futures';
import { checkOutcome, FORMAT } from '#dist/cluster/call-format.js';
import { checkTold, type JobOutcome, readJobOutcome } from '#dist/cluster/job-outcome.js';
import { Signer } from '#dist/cluster/signature.js';
import { toWire } from '#dist/cluster/wire-value.js';
import type { ItemOutcome } from '#dist/executor/chunk.js';

const believesAll = new Signer([], 'q');
const origin = { worker: 'w', task: 't' };

function read(value: object): unknown {
  const outcome = readJobOutcome(checkTold({ value }, believesAll, ['id', null]));
  assert.ok(outcome.how === 'completed');
  return outcome.value;
}

/** The errors of the items of a chunk. */
function readErrors(wire: object, where = origin): Error[] {
  const items = read({ cf: FORMAT, ...wire, chunk: where }) as ItemOutcome[];
  return items.map((item) => item[1] as Error);
}

function chainOf(error: Error): unknown[] {
  const chain: unknown[] = [];
  for (let each: unknown = error; each instanceof Error; each = each.cause) chain.push(each);
  return chain;
}

suite('errors of a chunk', () => {
  test('that are one and the same say once where they were thrown', () => {
    const error = new Error('no');
    const [first, second] = readErrors(toWire([1, 2, 3].map(() => [false, error])));
    assert.equal(first, second);
    const chain = chainOf(first as Error);
    assert.equal(chain.length, 2);
    assert.ok(chain[1] instanceof RemoteError);
    assert.equal((first as Error).stack?.match(/at worker w/g)?.length, 1);
  });

  test('with one cause share what it says, and each has a stack that names the worker', () => {
    const cause = new Error('why');
    const items = [1, 2, 3].map((n) => [false, new Error(`${n}`, { cause })]);
    for (const error of readErrors(toWire([...items, [false, cause]]))) {
      const chain = chainOf(error);
      assert.equal(chain.filter((each) => each instanceof RemoteError).length, 1);
      assert.match(error.stack ?? '', /at worker w/);
    }
  });

  test('take time in proportion, however many have however long a chain of causes', () => {
    const length = 20_000;
    const items = Array.from({ length }, (_, i) => ['a', false, [length + 1 + i]]);
    const list = ['a', ...items.map((_, i) => [i + 1])];
    const chain = ['', '', ''];
    // Each of the first half is thrown, and all have the second half as their causes.
    const thrown = items.map(() => ['e', [], ...chain, 'cause', [2 * length + 1]]);
    const causes: unknown[][] = items.map((_, i) => {
      const isLast = i === length - 1;
      return ['e', [], ...chain, ...(isLast ? [] : ['cause', [2 * length + 2 + i]])];
    });
    const table = [[0], list, ...items, ...thrown, ...causes];
    const errors = readErrors({ table });
    assert.equal(errors.length, length);
    assert.equal(chainOf(errors[0] as Error).length, length + 2);
  });

  test('name a worker and a task as far as people read', () => {
    const where = { worker: 'w'.repeat(1_000_000), task: 't'.repeat(1_000_000) };
    const [error] = readErrors(toWire([[false, new Error('no')]]), where);
    assert.match(error?.stack ?? '', /at worker w{500}… \(<anonymous>\)$/);
    const { cause } = error as { cause?: unknown };
    assert.ok(cause instanceof RemoteError && cause.message.length < 2000);
  });
});

test('a chunk with a hole among its outcomes is refused, also if something stands for it', () => {
  for (const node of [
    ['s', 1],
    ['s', 1, 'a', true],
    ['s', 2, '1', [1], 'a', true],
  ]) {
    const table = [[0], node, ['a', true, 1]];
    assert.throws(() => readErrors({ table }), { code: 'ERR_FORMAT' });
  }
});

function readChunk(given: object, items: number): JobOutcome {
  return readJobOutcome(checkTold({ value: given }, believesAll, ['id', null]), undefined, items);
}

test('a chunk has one outcome for each of its items, or is refused', () => {
  const one = { cf: FORMAT, json: [[true, 1]], chunk: origin };
  assert.deepEqual(readChunk(one, 1), { how: 'completed', value: [[true, 1]] });
  for (const wrong of [
    { ...one, json: [] },
    { ...one, json: [...one.json, ...one.json] },
    { cf: FORMAT, json: 5 },
    { cf: FORMAT, json: one.json },
  ])
    assert.throws(() => readChunk(wrong, 1), { code: 'ERR_FORMAT' });
});

test('what is said of a field that is not known is short', () => {
  assert.throws(
    () => checkOutcome({ cf: FORMAT, ['x'.repeat(1_000_000)]: 1 }),
    (error: Error) => /x\.\.\. is not known/.test(error.message) && error.message.length < 1000,
  );
});
