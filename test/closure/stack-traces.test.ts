/** Errors of code that has travelled point to the line and column of the original file. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { workerBackends } from '../support/backends.js';

const note = 'captured';

/** Where an error was made: file, line and column of the topmost line that names this file. */
function placeIn(stack: string | undefined): string {
  const line = stack?.split('\n').find((each) => each.includes('stack-traces.test'));
  return /[^/\\]*:\d+:\d+(?=\)?$)/.exec(line ?? '')?.[0] ?? `none in ${stack}`;
}

function declaration(): string | undefined {
  return new Error(note).stack;
}

const arrow = (): string | undefined => new Error(note).stack;

const object = {
  method(): string | undefined {
    return new Error(note).stack;
  },
  async later(): Promise<string | undefined> {
    await Promise.resolve();
    return new Error(note).stack;
  },
  get value(): string | undefined {
    return new Error(note).stack;
  },
  property: function (): string | undefined {
    return new Error(note).stack;
  },
  short: () => new Error(note).stack,
};

class Made {
  static field = 1;
  readonly stack: string | undefined;

  constructor(_first?: unknown, _second = (): number => 1) {
    this.stack = new Error(note).stack;
  }

  method(): string | undefined {
    return new Error(note).stack;
  }

  static of(): string | undefined {
    return new Error(note).stack;
  }
}

class WithoutConstructor {
  field = new Error(note).stack;

  method(): string | undefined {
    return new Error(note).stack;
  }
}

class Extending extends Made {
  readonly own: string | undefined;

  constructor() {
    super();
    this.own = new Error(note).stack;
  }
}

const forms: Record<string, () => unknown> = {
  'an arrow function': arrow,
  'an arrow function in place': () => new Error(note).stack,
  'an arrow function with several lines': (_first?: unknown, _second?: unknown) => {
    return [note].map(() => new Error(note).stack)[0];
  },
  'a declaration': declaration,
  'a function expression': function () {
    return new Error(note).stack;
  },
  'a named function expression': function named() {
    return new Error(note).stack;
  },
  'an async function': async function () {
    await Promise.resolve();
    return new Error(note).stack;
  },
  'a method': object.method,
  'an async method': object.later,
  'a getter': Object.getOwnPropertyDescriptor(object, 'value')!.get!,
  'a function as a property': object.property,
  'an arrow function as a property': object.short,
  'a method of a class': Made.prototype.method,
  'a static method': Made.of,
  'a helper that is called': () => declaration(),
  'the constructor of a class': () => new Made().stack,
  'a method of a class that travels whole': () => new Made().method(),
  'a field of a class without a constructor': () => new WithoutConstructor().field,
  'a method of a class without a constructor': () => new WithoutConstructor().method(),
  'the constructor of a class that extends one': () => new Extending().own,
  'the constructor of the class that it extends': () => new Extending().stack,
};

for (const backend of workerBackends) {
  suite(`stack traces (${backend.name})`, () => {
    const pool = backend.make({ maxWorkers: 1 });
    after(() => pool.shutdown());

    for (const [name, fn] of Object.entries(forms)) {
      test(`${name} is where it is in its file`, async () => {
        const here = placeIn((await fn()) as string);
        assert.match(here, /stack-traces\.test\.js:\d+:\d+$/);
        assert.equal(placeIn((await pool.submit(fn)) as string), here);
      });
    }

    test('a function without a name has none there', async () => {
      const stack = (await pool.submit(() => new Error(note).stack)) as string;
      assert.match(stack.split('\n')[1] ?? '', /^ +at file:/);
    });

    test('an error that is thrown says so, too, and names the function', async () => {
      function thrower(): never {
        throw new Error(note);
      }
      let here: string | undefined;
      try {
        thrower();
      } catch (error) {
        here = (error as Error).stack;
      }
      const { stack } = (await pool.submit(thrower).exception()) as Error;
      assert.equal(placeIn(stack), placeIn(here));
      assert.match(stack ?? '', /at thrower /);
    });
  });
}
