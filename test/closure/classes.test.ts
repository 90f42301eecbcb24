/** Classes, and instances of them, that no module exports. */
import { runCases } from '../support/by-value.js';
import { Vector } from '../fixtures/functions/library.js';

const offset = 10;

class Animal {
  static count = 2;
  static #hidden = 'static and private';
  static readonly made: string[] = [];
  readonly name: string;
  #age = 5;

  static {
    this.made.push('in a static block');
  }

  constructor(name: string) {
    this.name = name;
  }

  static hidden(): string {
    return this.#hidden;
  }

  get age(): number {
    return this.#age;
  }

  birthday(): number {
    return ++this.#age;
  }

  toString(): string {
    return `${this.name} ${offset}`;
  }
}

class Dog extends Animal {
  readonly kind = 'dog';

  constructor(name: string) {
    super(`${name}!`);
  }

  override toString(): string {
    return `dog ${super.toString()}`;
  }

  [Symbol.toPrimitive](): string {
    return 'primitive';
  }
}

class Stack<T> extends Array<T> {
  top(): T | undefined {
    return this.at(-1);
  }
}

class Registry extends Map<string, number> {
  total(): number {
    return [...this.values()].reduce((a, b) => a + b, offset);
  }
}

class Names extends Set<string> {
  joined(): string {
    return [...this].join();
  }
}

class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;

  constructor(status: number, options?: ErrorOptions) {
    super(`status ${status}`, options);
    this.status = status;
  }

  retry(): boolean {
    return this.status >= 500;
  }
}

class Nothing extends (null as unknown as ObjectConstructor) {
  static answer(): number {
    return 42;
  }
}

// Each uses the other, and one extends the other.
class Base {
  static make(): Base {
    return new Derived();
  }

  kind(): string {
    return 'base';
  }
}
class Derived extends Base {
  override kind(): string {
    return `derived from ${super.kind()}`;
  }
}

type Constructor = new (...args: never[]) => object;
const Loud = <C extends Constructor>(Parent: C) =>
  class extends (Parent as Constructor) {
    shout(): string {
      return `${String(this)}!!!`;
    }
  };
class LoudDog extends Loud(class Quiet {}) {
  override toString(): string {
    return 'loud';
  }
}

class Point {
  readonly x: number;
  readonly y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }

  norm(): number {
    return Math.hypot(this.x, this.y);
  }
}

runCases('classes', {
  'a class with private fields, static blocks, super': () => [
    () => {
      const dog = new Dog('Rex');
      return [
        String(dog.toString()),
        dog.age,
        dog.birthday(),
        `${dog as unknown as string}`,
        dog instanceof Animal,
        dog.kind,
      ];
    },
    ['dog Rex! 10', 5, 6, 'primitive', true, 'dog'],
  ],
  'static fields, private ones too': () => [
    () => [Animal.count, Animal.hidden(), Dog.count, Animal.made],
    [2, 'static and private', 2, ['in a static block']],
  ],
  'an instance of a class that is not exported': () => {
    const point = new Point(3, 4);
    return [
      () => [point.norm(), point instanceof Point, point.constructor === Point],
      [5, true, true],
    ];
  },
  'instances in a list': () => {
    const points = [new Point(3, 4), new Point(6, 8)];
    return [() => points.map((each) => each.norm()), [5, 10]];
  },
  'an instance of a class that is exported': () => {
    const vector = new Vector(-3);
    return [() => [vector.length(), vector instanceof Vector], [3, true]];
  },
  'an instance of a class that extends one that is exported': () => {
    class Long extends Vector {
      override length(): number {
        return 2 * super.length();
      }
    }
    const long = new Long(-3);
    return [() => [long.length(), long instanceof Vector], [6, true]];
  },
  'a class that extends Array': () => {
    const stack = Stack.from([1, 2, 3]) as Stack<number>;
    return [
      () => [stack.top(), stack instanceof Stack, Array.isArray(stack), stack.length],
      [3, true, true, 3],
    ];
  },
  'classes that extend Map and Set': () => {
    const registry = new Registry([['a', 1]]);
    const names = new Names(['x', 'y']);
    return [
      () => [registry.total(), registry.get('a'), names.joined(), names instanceof Names],
      [11, 1, 'x,y', true],
    ];
  },
  'a class that extends Error': () => {
    const error = new HttpError(503, { cause: new HttpError(404) });
    return [
      () => [
        error.retry(),
        error.message,
        error.name,
        error.status,
        error instanceof HttpError,
        error instanceof Error,
        (error.cause as HttpError).retry(),
        error.stack?.includes('classes.test'),
      ],
      [true, 'status 503', 'HttpError', 503, true, true, false, true],
    ];
  },
  'a class that extends null': () => [() => Nothing.answer(), 42],
  'classes that use each other': () => [
    () => [Base.make().kind(), new Derived() instanceof Base],
    ['derived from base', true],
  ],
  'a class that a mixin has made': () => [
    () => [new LoudDog().shout(), new LoudDog() instanceof LoudDog],
    ['loud!!!', true],
  ],
  'a class that extends an expression': () => {
    const parents = { of: (n: number) => (n > 0 ? Animal : Point) };
    class Either extends (parents.of(1) as typeof Animal) {}
    return [() => new Either('either').toString(), 'either 10'];
  },
  'a class expression': () => {
    const Made = class {
      value = offset;
    };
    return [() => [new Made().value, Made.name], [10, 'Made']];
  },
  'a class with computed names that a function uses as well, and fields that are functions': () => {
    const key = 'dynamic';
    class Odd {
      static [Symbol.iterator] = 1;
      field = 'field';
      call = (): string => this.field;
      [key](): string {
        return key;
      }
      get [`get ${key}`](): string {
        return this.field;
      }
    }
    return [
      () => {
        const odd = new Odd() as unknown as Record<string, unknown> & { dynamic(): string };
        return [odd.dynamic(), odd['get dynamic'], (odd as unknown as Odd).call()];
      },
      ['dynamic', 'field', 'field'],
    ];
  },
  'a class that was changed after it was made': () => {
    class Plain {
      n = 1;
    }
    const prototype = Plain.prototype as unknown as Record<string, unknown>;
    prototype['added'] = function (this: Plain): number {
      return this.n + 1;
    };
    Object.assign(Plain, { settings: { deep: true } });
    return [
      () => {
        const plain = new Plain() as unknown as { added(): number };
        return [plain.added(), (Plain as unknown as { settings: unknown }).settings];
      },
      [2, { deep: true }],
    ];
  },
  'a prototype by itself': () => {
    const { prototype } = Point;
    return [() => [prototype === Point.prototype, prototype.norm.call({ x: 3, y: 4 })], [true, 5]];
  },
  'objects made of objects': () => {
    const parent = {
      greet(this: { name: string }): string {
        return `I am ${this.name}`;
      },
    };
    const child = Object.assign(Object.create(parent) as typeof parent, { name: 'child' });
    return [
      () => [child.greet(), Object.getPrototypeOf(child) === parent, Object.keys(child)],
      ['I am child', true, ['name']],
    ];
  },
});
