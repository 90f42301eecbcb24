/** Functions of every shape are made anew from their source text. */
import { runCases } from '../support/by-value.js';

const factor = 3;

function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);

const calculator = {
  base: 100,
  add(a: number): number {
    return this.base + a;
  },
  async later(a: number): Promise<number> {
    await Promise.resolve();
    return this.base + a;
  },
  *upTo(end: number): Generator<number> {
    for (let i = 0; i < end; i++) yield this.base + i;
  },
  async *slowly(end: number): AsyncGenerator<number> {
    for (let i = 0; i < end; i++) yield this.base + i;
  },
  get(): string {
    return 'a method that is called get';
  },
  async(): string {
    return 'a method that is called async';
  },
  static(): string {
    return 'a method that is called static';
  },
  'a name with spaces'(): string {
    return 'spaces';
  },
  12(): string {
    return 'a number';
  },
  class(): string {
    return 'a method that is called class';
  },
  function(): string {
    return 'a method that is called function';
  },
};

class Shapes {
  static factor = 2;

  static times(a: number): number {
    return a * factor;
  }

  static async later(a: number): Promise<number> {
    await Promise.resolve();
    return a * factor;
  }

  plus(a: number): number {
    return a + factor;
  }
}

interface Legacy {
  n: number;
  twice(): number;
}
function Legacy(this: Legacy, n: number): void {
  this.n = n;
}
Legacy.prototype.twice = function (this: Legacy): number {
  return this.n * 2;
};

const counter = (start: number) => () => () => start + factor;

runCases('code shapes', {
  'an arrow function with an expression': () => [() => 1 + 1, 2],
  'an arrow function with a body': () => [
    () => {
      const a = 1;
      return a + 1;
    },
    2,
  ],
  'an arrow function that returns an object': () => [() => ({ a: 1 }), { a: 1 }],
  'a function expression': () => [
    function () {
      return factor;
    },
    3,
  ],
  'a named function expression that calls itself': () => [
    function down(n = 5): number {
      return n === 0 ? factor : down(n - 1);
    },
    3,
  ],
  'a recursive declaration': () => [() => fib(10), 55],
  'arrow functions that call each other': () => [() => [isEven(10), isOdd(10)], [true, false]],
  'an async arrow function': () => [
    async () => {
      await Promise.resolve();
      return factor;
    },
    3,
  ],
  'an async function': () => [
    async function () {
      await Promise.resolve();
      return factor;
    },
    3,
  ],
  'a generator function': () => {
    const numbers = function* (): Generator<number> {
      yield* [1, 2, factor];
    };
    return [() => [...numbers()], [1, 2, 3]];
  },
  'an async generator function': () => {
    const numbers = async function* (): AsyncGenerator<number> {
      yield 1;
      yield await Promise.resolve(factor);
    };
    return [
      async () => {
        const all: number[] = [];
        for await (const each of numbers()) all.push(each);
        return all;
      },
      [1, 3],
    ];
  },
  'a curried function': () => {
    const add = (a: number) => (b: number) => (c: number) => a + b + c;
    const partial = add(1)(2);
    return [() => partial(3), 6];
  },
  'default parameters and patterns': () => {
    const preset = { b: 2, list: [7, 8] };
    const pick = (
      { a = 1, b } = { ...preset, a: undefined },
      [c, ...rest] = preset.list,
    ): unknown => [a, b, c, rest];
    return [pick, [1, 2, 7, [8]]];
  },
  'a method': () => [calculator.add.bind(calculator, 1), 101],
  'an async method': () => [calculator.later.bind(calculator, 1), 101],
  'a generator method': () => [() => [...calculator.upTo(2)], [100, 101]],
  'an async generator method': () => [
    async () => {
      const all: number[] = [];
      for await (const each of calculator.slowly(2)) all.push(each);
      return all;
    },
    [100, 101],
  ],
  'a method that is called get': () => [calculator.get, 'a method that is called get'],
  'a method that is called async': () => [calculator.async, 'a method that is called async'],
  'a method that is called static': () => [calculator.static, 'a method that is called static'],
  'a method that is called class': () => [calculator.class, 'a method that is called class'],
  'a method that is called function': () => [
    calculator.function,
    'a method that is called function',
  ],
  'a method whose name is a string': () => [calculator['a name with spaces'], 'spaces'],
  'a method whose name is a number': () => [calculator[12], 'a number'],
  'a static method': () => [Shapes.times.bind(Shapes, 2), 6],
  'an async static method': () => [Shapes.later.bind(undefined, 2), 6],
  'a method of a class': () => [Shapes.prototype.plus.bind(undefined as never, 2), 5],
  'a getter': () => {
    const { get } = Object.getOwnPropertyDescriptor(
      {
        get value() {
          return factor;
        },
      },
      'value',
    )!;
    return [get!, 3];
  },
  'a setter': () => {
    const { set } = Object.getOwnPropertyDescriptor(
      {
        set value(to: number[]) {
          to.push(factor);
        },
      },
      'value',
    )!;
    return [
      () => {
        const list: number[] = [];
        set!(list);
        return list;
      },
      [3],
    ];
  },
  'what a factory has made': () => [counter(4)(), 7],
  'functions of the turns of a loop': () => {
    const all: (() => number)[] = [];
    for (let i = 0; i < 3; i++) all.push(() => i);
    return [() => all.map((each) => each()), [0, 1, 2]];
  },
  'a constructor function with a prototype': () => {
    const Made = Legacy as unknown as new (n: number) => Legacy;
    return [
      () => {
        const made = new Made(4);
        return [made.twice(), made instanceof Made, made.constructor === Made];
      },
      [8, true, true],
    ];
  },
  'a function with properties': () => {
    const work = Object.assign(() => work.scale * 2, { scale: 5, helper: () => factor });
    return [() => [work(), work.helper()], [10, 3]];
  },
  'name and length of a function': () => {
    const named = (a: number, b: number): number => a + b;
    const { name, length } = named;
    return [() => [named.name, named.length], [name, length]];
  },
  'a function that was given another name': () => {
    const renamed = Object.defineProperty(() => factor, 'name', { value: 'somebody else' });
    return [() => [renamed.name, renamed()], ['somebody else', 3]];
  },
  'a function that returns functions': () => {
    const make = (a: number) => ({ plus: (b: number) => a + b, minus: (b: number) => a - b });
    const { plus, minus } = make(10);
    return [() => [plus(1), minus(1)], [11, 9]];
  },
  'sloppy code is sloppy, strict code is strict': () => {
    // oxlint-disable-next-line no-new-func, no-implied-eval -- the way to sloppy code from a module
    const sloppy = new Function('return typeof this') as () => string;
    const strict = function (this: unknown): string {
      return typeof this;
    };
    return [() => [sloppy(), strict()], ['object', 'undefined']];
  },
});
