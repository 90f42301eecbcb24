/** Sets of options: what is read, what is refused, and what stands for what is left out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { expectTypeOf } from 'expect-type';
import { type OptionTable, readOptions, resolveOptions } from '#dist/util/option-table.js';
import { checkCount, checkFunction } from '#dist/util/validate.js';

interface Options {
  readonly a?: number | undefined;
  readonly b?: number | undefined;
}

const invalidType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };

const table = {
  a: { check: checkCount, default: undefined },
  b: { check: checkCount, default: 7 },
} satisfies OptionTable<Options>;

test('options are an object with known names only', () => {
  for (const none of [undefined, {}, { a: undefined }, Object.create(null) as object]) {
    assert.deepEqual(Object.entries(readOptions<Options>('options', none, table)), []);
  }
  for (const bad of [null, 5, 'a', true, () => {}]) {
    assert.throws(() => readOptions<Options>('options', bad as never, table), invalidType);
  }
  assert.throws(() => readOptions('options', { a: 1, timeOut: 5 } as Options, table), {
    name: 'TypeError',
    code: 'ERR_UNKNOWN_OPTION',
    message: "options has no option 'timeOut'. Known options: a, b.",
  });
});

test('options may be inherited, but not from Object.prototype, and each is read once', () => {
  class Inherited {
    reads = 0;
    get a(): number {
      return ++this.reads;
    }
  }
  const foreign = runInNewContext('Object.prototype.b = 6; ({})') as object;
  const polluted = Object.prototype as { b?: number };
  polluted.b = 5;
  try {
    for (const [given, a, b] of [
      [{ a: 1 }, 1, undefined],
      [{ a: 1, b: 2 }, 1, 2],
      [Object.create({ a: 3 }), 3, undefined],
      [Object.create(Object.assign(Object.create(null) as object, { a: 4 })), 4, undefined],
      [new (class extends Inherited {})(), 1, undefined],
      [foreign, undefined, undefined],
    ] as [object, unknown, unknown][]) {
      if (given instanceof Inherited) Object.defineProperty(given, 'reads', { enumerable: false });
      const read = readOptions<Options>('options', given, table);
      assert.equal(read.a, a);
      assert.equal(read.b, b);
      assert.equal(Object.getPrototypeOf(read), null);
    }
    assert.equal(readOptions<Options>('options', undefined, table).b, undefined);
  } finally {
    delete polluted.b;
  }
});

test('each option that is given is checked by its name, once all of them were read', () => {
  const invalid = { code: 'ERR_INVALID_ARG_VALUE' };
  for (const [options, message] of [
    [{ a: 0 }, 'a must be a whole number of at least 1, but 0 was given.'],
    [{ a: 1, b: -1 }, 'b must be a whole number of at least 1, but -1 was given.'],
  ] as const) {
    assert.throws(() => readOptions<Options>('options', options, table), { ...invalid, message });
    assert.throws(() => resolveOptions<Options, typeof table>(options, table), {
      ...invalid,
      message,
    });
  }
  assert.throws(
    () => readOptions<Options>('limits', { a: 0 }, table),
    /^RangeError.*: limits\.a must/,
  );
  const reads: string[] = [];
  const options: Options = {
    get a() {
      reads.push('a');
      return 0;
    },
    get b() {
      reads.push('b');
      return 1;
    },
  };
  assert.throws(() => readOptions('options', options, table), invalid);
  assert.deepEqual(reads, ['a', 'b']);
});

test('an option that is left out has its default, which is made when it is needed', () => {
  let made = 0;
  const counting = {
    a: { resolve: (given: number | undefined) => `a is ${given ?? 'nothing'}` },
    b: {
      check: checkCount,
      get default(): number {
        return ++made;
      },
    },
  } satisfies OptionTable<Options>;
  assert.deepEqual(
    { ...resolveOptions<Options, typeof counting>({ a: 1, b: 5 }, counting) },
    { a: 'a is 1', b: 5 },
  );
  assert.equal(made, 0);
  for (const options of [undefined, {}, { a: undefined, b: undefined }]) {
    const resolved = resolveOptions<Options, typeof counting>(options, counting);
    expectTypeOf(resolved).toEqualTypeOf<{ readonly a: string; readonly b: number }>();
    assert.deepEqual({ ...resolved }, { a: 'a is nothing', b: made });
  }
  assert.equal(made, 3);
});

test('an option without a default must be given', () => {
  const required = { n: { check: checkFunction } };
  assert.equal(
    readOptions<{ n: () => void }>('options', { n: assert.fail }, required).n,
    assert.fail,
  );
  assert.throws(
    () => readOptions<{ n: () => void }>('options', {} as { n: () => void }, required),
    {
      ...invalidType,
      message: 'n must be a function, but undefined was given.',
    },
  );
});

test('no entry of a table is completed from Object.prototype', () => {
  const polluted = Object.prototype as { default?: number; resolve?: () => number };
  Object.assign(polluted, { default: 5, resolve: () => 6 });
  try {
    assert.deepEqual(
      { ...resolveOptions<Options, typeof table>({}, table) },
      { a: undefined, b: 7 },
    );
  } finally {
    delete polluted.default;
    delete polluted.resolve;
  }
});

test('the compiler compares a table with the options that it is for', () => {
  const entry = table.a;
  // @ts-expect-error -- b has no entry
  const without = { a: entry } satisfies OptionTable<Options>;
  // @ts-expect-error -- c is no option
  const beyond = { a: entry, b: entry, c: entry } satisfies OptionTable<Options>;
  // @ts-expect-error -- no text is a default of a number
  const other = { a: entry, b: { check: checkCount, default: '7' } } satisfies OptionTable<Options>;
  // @ts-expect-error -- an option that may be left out has a default
  const open = { a: entry, b: { check: checkCount } } satisfies OptionTable<Options>;
  assert.ok([without, beyond, other, open].every((each) => 'a' in each));
});
