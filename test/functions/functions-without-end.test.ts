/** Programs that make a function of text for each call: nothing is kept of those that are called once. */
import assert from 'node:assert/strict';
import { Session } from 'node:inspector';
import { suite, test, type TestContext } from 'node:test';
import { FunctionRegistry } from '#dist/functions/function-registry.js';
import { packFunction, type SomeFunction } from '#dist/functions/prepare.js';
import type { FunctionEntry } from '#dist/protocol/messages.js';
import { revive } from '#dist/worker/revive.js';

const AsyncFunction = async function () {}.constructor as FunctionConstructor;
const GeneratorFunction = function* () {}.constructor as FunctionConstructor;
const AsyncGeneratorFunction = async function* () {}.constructor as FunctionConstructor;

/** The commands that the inspector is sent until the test is over. */
function commandsOf(t: TestContext): string[] {
  const sent: string[] = [];
  const prototype = Session.prototype as { post: (...args: unknown[]) => void };
  const { post } = prototype;
  prototype.post = function (this: unknown, ...args: unknown[]): void {
    sent.push(String(args[0]));
    post.apply(this, args);
  };
  t.after(() => {
    prototype.post = post;
  });
  return sent;
}

/* oxlint-disable typescript/no-implied-eval -- what such functions are, is the question */

suite('functions made of text', () => {
  const made: readonly (readonly [string, (text: string) => SomeFunction])[] = [
    ['new Function', (text) => new Function('a', text) as SomeFunction],
    ['Function', (text) => Function('a', 'b = 1', text) as SomeFunction],
    ['an async one', (text) => new AsyncFunction('a', text) as SomeFunction],
    ['a generator', (text) => new GeneratorFunction('a', text) as SomeFunction],
    ['an async generator', (text) => new AsyncGeneratorFunction(text) as SomeFunction],
  ];
  for (const [name, make] of made) {
    test(`${name}: is packed without asking for the list of all scripts`, async (t) => {
      const sent = commandsOf(t);
      const fn = make(`return [${JSON.stringify(name)}, typeof a]`);
      const packed = packFunction(fn);
      assert.ok(sent.length > 0);
      assert.deepEqual(
        sent.filter((each) => /^(?:Profiler|Debugger)/.test(each)),
        [],
      );
      const revived = await revive(packed, 1000);
      const kindOf = (each: object): string => Object.prototype.toString.call(each);
      assert.equal(kindOf(revived.fn), kindOf(fn));
    });
  }

  test('what only looks like one is looked up as any other', () => {
    // prettier-ignore
    const like = function anonymous(a: number
) {
return a;
};
    assert.equal(packFunction(like as SomeFunction).nodes.length, 1);
  });
});

suite('functions by value that need nothing from outside', () => {
  const registry = (): { registry: FunctionRegistry; announced: FunctionEntry[] } => {
    const announced: FunctionEntry[] = [];
    const options = { policy: 'auto', shares: true } as const;
    return { registry: new FunctionRegistry((entry) => announced.push(entry), options), announced };
  };
  const numbered = (entries: readonly FunctionEntry[]): string[] =>
    entries
      .filter(({ source }) => !('value' in source && source.value === 'in each call'))
      .map((each) => each.name);

  test('are announced when they are called again', () => {
    const { registry: mine, announced } = registry();
    const twice = (a: number): number => a * 2;
    assert.deepEqual(mine.prepare(twice, [1], undefined).args.slice(1), [1]);
    assert.deepEqual(numbered(announced), []);
    assert.deepEqual(mine.prepare(twice, [1], undefined).args, [1]);
    assert.deepEqual(numbered(announced), ['twice']);
    assert.deepEqual(mine.prepare(twice, [1], undefined).args, [1]);
    assert.equal(numbered(announced).length, 1);
  });

  test('count as called again if another one has the same text', () => {
    const { registry: mine, announced } = registry();
    const make = (): SomeFunction => (a: number) => a + 1;
    for (let i = 0; i < 3; i++) mine.prepare(make(), [1], undefined);
    assert.equal(numbered(announced).length, 1);
  });

  test('are not kept if they are called once, however many there are', () => {
    const { registry: mine, announced } = registry();
    for (let i = 0; i < 3000; i++)
      mine.prepare(new Function(`return ${i}`) as SomeFunction, [], undefined);
    assert.deepEqual(numbered(announced), []);
    assert.equal(mine.entries().length, 1);
  });
});
