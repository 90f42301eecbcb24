/** Functions that use what can't be made anew elsewhere are refused before anything is sent. */
import { runRefusals } from '../support/refusals.js';
import { Vector } from '../fixtures/functions/library.js';

const computed = 'computed';

class Owner {
  readonly k = 3;
  readonly #secret = 4;

  arrow(): () => number {
    return () => this.k;
  }

  copied(): () => number {
    const { k } = this;
    return () => k;
  }

  method(): number {
    return this.k;
  }

  peek(): number {
    return this.#secret;
  }

  nested(): () => () => number {
    return () => () => this.k;
  }
}

class Child extends Owner {
  override method(): number {
    return super.method();
  }

  viaArrow(): () => number {
    return () => super.method();
  }
}

const made = {
  [`${computed} name`](): number {
    return 1;
  },
};

function outerArguments(..._rest: number[]): () => number {
  // oxlint-disable-next-line prefer-rest-params -- this is what the test is about
  return () => arguments.length;
}

function Target(): { fn: () => unknown } {
  return { fn: () => new.target };
}

const thisRule = {
  code: 'ERR_THIS',
  says: /an arrow function that uses `this` of the code around it/,
  remedy: /const k = this\.k; pool\.submit\(\(\) => k\), or submit this\.method\.bind\(this\)/,
} as const;

runRefusals('functions that can not be sent', {
  'an arrow function that uses `this`': {
    ...thisRule,
    path: '',
    make: () => new Owner().arrow(),
    instead: () => [new Owner().copied(), 3],
  },
  'an arrow function inside one': { ...thisRule, make: () => new Owner().nested() },
  'an arrow function that is captured': {
    ...thisRule,
    path: " → captured variable 'arrow'",
    make: () => {
      const arrow = new Owner().arrow();
      return () => arrow();
    },
  },
  'the other way out: a bound method, of an object without private fields': {
    ...thisRule,
    make: () => new Owner().arrow(),
    instead: () => {
      class Plain {
        readonly k = 5;
        method(): number {
          return this.k;
        }
      }
      const plain = new Plain();
      return [plain.method.bind(plain), 5];
    },
  },
  '`super` in a method': {
    code: 'ERR_SUPER',
    says: /it uses `super`/,
    remedy: /Send the whole class/,
    make: () => Child.prototype.method,
    instead: () => [() => new Child().method(), 3],
  },
  '`super` in an arrow function': {
    code: 'ERR_SUPER',
    says: /super/,
    remedy: /call the other method by its name/,
    make: () => {
      const object = {
        __proto__: { hello: () => 'hello' },
        make(): () => string {
          return () => (super.toString as () => string)();
        },
      };
      return object.make();
    },
  },
  'private names': {
    code: 'ERR_PRIVATE_NAME',
    says: /it uses #secret, which only code inside its class can read/,
    remedy: /Export the class from a module other than the entry script/,
    make: () => Owner.prototype.peek,
    instead: () => [() => new Vector(1).length(), 1],
  },
  '`arguments` of the function around it': {
    code: 'ERR_ARGUMENTS',
    says: /uses `arguments` of the function around it/,
    remedy: /rest parameters, \(\.\.\.args\) => …, or copy them to a variable/,
    make: () => outerArguments(1, 2),
    instead: () => {
      const make =
        (...args: number[]) =>
        () =>
          args.length;
      return [make(1, 2), 2];
    },
  },
  '`new.target` of the function around it': {
    code: 'ERR_NEW_TARGET',
    says: /uses `new\.target` of the function around it/,
    remedy: /Copy it to a variable first/,
    make: () => Target().fn,
    instead: () => {
      function Copy(): () => unknown {
        const target = new.target;
        return () => target;
      }
      return [Copy(), undefined];
    },
  },
  'eval()': {
    code: 'ERR_EVAL',
    says: /calls eval\(\), which may use any variable around it/,
    remedy: /new Function\(\)/,
    // oxlint-disable-next-line no-eval -- this is what the test is about
    make: () => () => eval('1 + 1') as unknown,
    instead: () => [
      () => {
        // oxlint-disable-next-line no-new-func, no-implied-eval -- this is what the message advises
        return (new Function('return 1 + 1') as () => number)();
      },
      2,
    ],
  },
  'a method with a computed name': {
    code: 'ERR_COMPUTED',
    says: /a method with a computed name/,
    remedy: /Put its code into a function/,
    make: () => made['computed name'],
    instead: () => {
      const code = (): number => 1;
      const object = { [computed]: code };
      return [object[computed], 1];
    },
  },
  'native functions that nothing leads to': {
    code: 'ERR_NATIVE',
    says: /native code that no worker could find by name/,
    remedy: /Wrap it in a function that calls it/,
    path: " → captured variable 'format'",
    make: () => {
      const { get } = Object.getOwnPropertyDescriptor(Intl.NumberFormat.prototype, 'format')!;
      const format = get!.call(new Intl.NumberFormat('en')) as (n: number) => string;
      return () => format(1000);
    },
    instead: () => {
      const format = (n: number): string => new Intl.NumberFormat('en').format(n);
      return [() => format(1000), '1,000'];
    },
  },
  'functions that end a promise': {
    code: 'ERR_NATIVE',
    says: /native code/,
    remedy: /Wrap it/,
    make: () => {
      let end: () => void = () => {};
      void new Promise<void>((resolve) => (end = resolve));
      const ends = end;
      return () => ends();
    },
  },
  'native functions that are bound to what belongs to this thread': {
    code: 'ERR_HANDLE',
    says: /NumberFormat/,
    remedy: /Open it inside the function/,
    make: () => {
      const parts = Intl.NumberFormat.prototype.formatToParts.bind(new Intl.NumberFormat('en'));
      return () => parts(1);
    },
  },
});
