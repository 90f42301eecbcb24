/** Words that are refused as code are harmless in texts, comments and functions inside. */
import { runCases } from '../support/by-value.js';

const captured = 1;

runCases('words that are no code', {
  'in strings': () => [
    () => ['this', "eval('x')", 'arguments', 'super.x', 'new.target', '#name', captured].length,
    7,
  ],
  'in comments': () => [
    () => {
      // this, eval(x), arguments, super(), new.target, this.#name
      return captured; /* this eval(1) arguments super.x new.target #name */
    },
    1,
  ],
  'in template literals': () => [
    () =>
      `this eval(1) arguments super.x new.target #name ${captured} ${`this ${captured}`}`.length,
    56,
  ],
  'in regular expressions': () => [
    () => [/this|eval(1)|arguments/.test('this'), /[/]super.x/.test('x'), /new.target#name/u.flags],
    [true, false, 'u'],
  ],
  'as names of properties': () => [
    () => {
      const object = { this: 1, eval: 2, arguments: 3, super: 4, new: { target: 5 } };
      return [
        object.this,
        object.eval,
        object.arguments,
        object.super,
        object.new.target,
        captured,
      ];
    },
    [1, 2, 3, 4, 5, 1],
  ],
  'in a function inside': () => [
    () => {
      const inner = function (this: unknown, ..._rest: unknown[]): unknown[] {
        // oxlint-disable-next-line prefer-rest-params -- this is what the test is about
        return [typeof this, arguments.length, new.target, captured];
      };
      return inner(1, 2);
    },
    ['undefined', 2, undefined, 1],
  ],
  'in an arrow function inside a function inside': () => [
    () => {
      function outer(this: unknown, ..._rest: unknown[]): unknown {
        // oxlint-disable-next-line prefer-rest-params -- this is what the test is about
        return (() => [this, arguments.length])();
      }
      return outer.call('self', captured);
    },
    ['self', 1],
  ],
  'in a class inside': () => [
    () => {
      class Parent {
        name(): string {
          return 'parent';
        }
      }
      class Child extends Parent {
        readonly #secret = captured;
        own = this.#secret;
        override name(): string {
          return `${super.name()} ${this.#secret} ${String(#secret in this)}`;
        }
      }
      const child = new Child();
      return [child.name(), child.own];
    },
    ['parent 1 true', 1],
  ],
  'in a method of an object inside': () => [
    () => {
      const object = {
        n: captured,
        get(): number {
          return this.n;
        },
        toString(): string {
          return super.toString();
        },
      };
      return [object.get(), object.toString()];
    },
    [1, '[object Object]'],
  ],
  'this in a function that is called as a method': () => {
    const object = {
      n: 5,
      get: function (this: { n: number }): number {
        return this.n + captured;
      },
    };
    return [() => object.get(), 6];
  },
  'arguments of a function itself': () => [
    function () {
      // oxlint-disable-next-line prefer-rest-params -- this is what the test is about
      return arguments.length;
    },
    0,
  ],
  'a function called evaluate, or one of an object': () => {
    const evaluate = (n: number): number => n;
    const parser = { eval: (n: number) => n };
    return [() => evaluate(1) + parser.eval(2), 3];
  },
  'divisions that look like regular expressions': () => {
    const a = 8;
    const g = 2;
    const that = 1;
    return [() => a / that / g, 4];
  },
});
