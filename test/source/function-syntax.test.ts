/** What a function needs from around it, read from its text. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { functionSyntax } from '#dist/source/function-syntax.js';
import type { FunctionSyntax } from '#dist/source/function-syntax.js';
import { mislead, misleading } from '../support/misleading-text.ts';

const sorted = (names: ReadonlySet<string> | undefined): string | undefined =>
  names && [...names].toSorted().join(' ');

const privateNameOf = (source: string): string | undefined => functionSyntax(source).privateName;
const heritageOf = (source: string): string | undefined => {
  const { heritage } = functionSyntax(source);
  return heritage && source.slice(...heritage);
};
const membersOf = (source: string): string | undefined =>
  sorted(functionSyntax(source).membersOf('a'));

suite('the kind of a function', () => {
  // Their text is all that matters, and it is never called.
  /* oxlint-disable typescript/unbound-method, typescript/no-extraneous-class */
  const object = {
    method() {},
    async *generator() {},
    get getter() {
      return 1;
    },
    set setter(_value: number) {},
    ['computed' + 1]() {},
    get ['computed' + 2]() {
      return 1;
    },
    'a string'() {},
    12() {},
    get() {},
    set() {},
    async() {},
    static() {},
    class() {},
    if() {},
  };
  const accessors = (name: string): PropertyDescriptor =>
    Object.getOwnPropertyDescriptor(object, name)!;
  class A {
    static create(): void {}
    async load(): Promise<void> {}
  }
  const computed = object as unknown as Record<string, unknown>;
  const table: readonly (readonly [unknown, FunctionSyntax['kind'], boolean?])[] = [
    [() => 1, 'arrow'],
    [async () => 1, 'arrow'],
    [(x: unknown) => x, 'arrow'],
    [({ a }: { a: unknown }, b = () => 1) => [a, b], 'arrow'],
    ['x => x', 'arrow'],
    ['async x => x', 'arrow'],
    ['async => async', 'arrow'],
    ['async (x) => x', 'arrow'],
    [function () {}, 'function'],
    ['async function* named() {}', 'function'],
    [Math.max, 'function'],
    [class {}, 'class'],
    [class B extends A {}, 'class'],
    [object.method, 'method'],
    [object.generator, 'method'],
    [accessors('get').value, 'method'],
    [accessors('getter').get, 'getter'],
    [accessors('setter').set, 'setter'],
    [computed['computed1'], 'method', true],
    [accessors('computed2').get, 'getter', true],
    [object['a string'], 'method'],
    [object[12], 'method'],
    [object.set, 'method'],
    [object.async, 'method'],
    [object.static, 'method'],
    [object.class, 'method'],
    [object.if, 'method'],
    [A.create, 'method'],
    [A.prototype.load, 'method'],
    ['async *[Symbol.iterator]() {}', 'method', true],
    ['get get() {}', 'getter'],
    ['get(a) { return [a] }', 'method'],
  ];
  /* oxlint-enable typescript/unbound-method, typescript/no-extraneous-class */
  for (const [fn, kind, computedName = false] of table) {
    const source = String(fn);
    test(`${kind}: ${source.replaceAll(/\s+/gu, ' ')}`, () => {
      const syntax = functionSyntax(source);
      assert.equal(syntax.kind, kind);
      assert.equal(syntax.computedName, computedName);
    });
  }
});

suite('names', () => {
  const table: readonly (readonly [string, string])[] = [
    ['() => a.b.c + d?.e + f[g]', 'a d f g'],
    ['() => ({ a: b, c, d() { return e }, get f() {}, [g]: 1, async h() {}, ...i })', 'b c e g i'],
    ['() => ({ a: b ? c : d, e: f })', 'b c d f'],
    // oxlint-disable-next-line no-template-curly-in-string
    ['() => `a${b}c${`d${e}`}`', 'b e'],
    ['({ a, b: c, d = e, [f]: g }, [h, ...i]) => 0', 'a c d e f g h i'],
    ['function f(a) { let b = a; const { c, d: { e } } = b; return c }', 'a b c e f'],
    ['async (a) => { for await (const b of c) await d(b); for (const e in f); }', 'a b c d e f'],
    [
      'class A extends B { c = d; e; static f = g; #h = i; [j]() {} k(l) {} get m() {} }',
      'A B d g i j l',
    ],
    ['class A { b = 1\n c = d\n e() {}\n *f() {} }', 'A d'],
    ['class A { static { b } static async c() { d } if() {} }', 'A b d'],
    ['foo(a) { return b }', 'a b'],
    ['[a](b) { return c }', 'a b c'],
    ['get a() { return b }', 'b'],
    ['if(a) { return { b } }', 'a b'],
    ['() => /a/.test(b) / c / d', 'b c d'],
    ['() => a?.5:b', 'a b'],
    ['() => { switch (a) { case b: return c; default: d } }', 'a b c d'],
    ['() => typeof a === "b" && new c instanceof d && void e', 'a c d e'],
    ['() => this.a + super.b + new.target + import.meta.c + null + true', ''],
    ['() => { try { a } catch ({ b: c }) { d } finally { e } }', 'a c d e'],
    ['() => async function f() { yield: g }', 'f g'],
    ['() => async a => a', 'a'],
    ['() => { a\nlet b = async\nc }', 'a async b c'],
    ['() => \\u0061b', 'ab'],
    ['(größe) => größe', 'größe'],
    ['({ get, set, async, static: a, let: b, of })=>0', 'a async b get of set'],
    ['() => { a: for (;;) { b: { if (c) break a; else continue b } } d ? e : f }', 'c d e f'],
    ['() => { switch (a) { case b: c: break\nd } }', 'a b d'],
    ['() => eval', 'eval'],
    ['async () => { for (const a of [b]) await (c), await [d], yield }', 'a b c d'],
    ['() => { let [a] = b, { c } = d; let\ne; of (f) }', 'a b c d e f let of'],
  ];
  for (const [source, expected] of table) {
    test(source, () => {
      assert.equal(sorted(functionSyntax(source).names), expected.split(' ').toSorted().join(' '));
    });
  }
});

type Flag =
  | 'usesThis'
  | 'usesArguments'
  | 'usesNewTarget'
  | 'usesSuper'
  | 'callsEval'
  | 'importsDynamically';
const flags: readonly Flag[] = [
  'usesThis',
  'usesArguments',
  'usesNewTarget',
  'usesSuper',
  'callsEval',
  'importsDynamically',
];

const usesOf = (source: string): string => {
  const syntax = functionSyntax(source);
  return flags.filter((flag) => syntax[flag]).join(' ');
};

suite('what has no name of its own', () => {
  const all = 'usesThis usesArguments usesNewTarget usesSuper';
  const use = '[this, arguments, new.target, super.x]';
  const table: readonly (readonly [string, string])[] = [
    [`() => ${use}`, all],
    [`(a = ${use}) => 1`, all],
    [`async x => { if (x) return () => ${use} }`, all],
    [`() => { if (a) { ${use} } while (a) { } switch (a) {} }`, all],
    // oxlint-disable-next-line no-template-curly-in-string
    ['() => `${`${this}`}`', 'usesThis'],
    ['() => ({ arguments })', 'usesArguments'],
    ['() => ({ this: 1, arguments: 2, super: 3, eval() {}, import() {}, new: 4 })', ''],
    ['() => a.this + a.arguments + a?.super + a.eval(b) + a.import(c) + a.new.target', ''],
    [`() => function () { ${use} }`, ''],
    [`() => function (a = ${use}) { }`, ''],
    [`() => function* f({ a = ${use} }) { return () => ${use} }`, ''],
    [`() => { function f() { } ${use} }`, all],
    [`() => { function f() { }\n${use} }`, all],
    [`() => ({ a() { ${use} }, get b() { ${use} }, async *[c](d = ${use}) { } })`, ''],
    [`() => ({ a() { }, b: ${use} })`, all],
    [`() => ({ [${use}]() { } })`, all],
    [`() => class { a = ${use}; static { ${use} } b() { ${use} } static c = () => ${use} }`, ''],
    ['() => class { a = 1\n b = this\n if(c = this) { this } }', ''],
    [`() => class extends ${use} { }`, all],
    ['() => class { [this.a]() { this } }', 'usesThis'],
    ['() => class { [this.a] = 1 }', 'usesThis'],
    ['() => class { a() { ({ [this]: 1 }) } }', ''],
    ['() => { class A { } this }', 'usesThis'],
    ['() => { f()\n{ this } }', 'usesThis'],
    [`function f(a = ${use}) { ${use} }`, ''],
    ['class A { a() { super.a() } }', ''],
    ['a() { return super.a() }', 'usesSuper'],
    ['a(b = super.a()) { }', 'usesSuper'],
    ['get a() { return () => super.a }', 'usesSuper'],
    ['set a(b) { super.a = b }', 'usesSuper'],
    ['[super.a]() { }', 'usesSuper'],
    ['async *a() { this; arguments; new.target }', ''],
    ['a() { return class extends b { c() { super.c() } } }', ''],
    ['a() { return { b() { super.b() } } }', ''],
    ['a() { return { b: super.b } }', 'usesSuper'],
    ['a() { return { b() { } }, super.c }', 'usesSuper'],
    ['() => eval(a)', 'callsEval'],
    ['() => (eval)(a)', 'callsEval'],
    ['function f() { return () => eval /* */ (a) }', 'callsEval'],
    ['() => eval?.(a) + (0, eval)(b) + eval.call(c) + f(eval)(d)', ''],
    ['({ eval(a) { } }) => 1', ''],
    ['() => import(a)', 'importsDynamically'],
    ['() => import.defer(a)', 'importsDynamically'],
    ['() => import.meta.import(a)', ''],
  ];
  for (const [source, expected] of table)
    test(source, () => assert.equal(usesOf(source), expected));

  test('import.meta is found where it stands', () => {
    const source = '() => import.meta.url + f(() => import . meta) + a.import.meta';
    assert.deepEqual(
      functionSyntax(source).metas.map((span) => source.slice(...span)),
      ['import.meta', 'import . meta'],
    );
  });

  test('a private name belongs to the class around it', () => {
    assert.equal(privateNameOf('() => this.#a'), '#a');
    assert.equal(privateNameOf('a(b) { return #c in b }'), '#c');
    assert.equal(privateNameOf('#a() { }'), '#a');
    assert.equal(privateNameOf('class A { #a = 1; b() { return this.#a } }'), undefined);
    assert.equal(privateNameOf('class A extends f(b.#c) { #a }'), '#c');
    assert.equal(privateNameOf('() => { class A { #a } }'), undefined);
    assert.equal(privateNameOf("() => '#a' + /#b/"), undefined);
  });

  test('the heritage of a class is its text behind extends', () => {
    assert.equal(heritageOf('class A extends B { }'), 'B');
    assert.equal(heritageOf('class extends (class { }) { a() { } }'), '(class { })');
    assert.equal(heritageOf('class A extends class B { } { a() { } }'), 'class B { }');
    assert.equal(heritageOf('class A extends f({ a: {} }).b { }'), 'f({ a: {} }).b');
    assert.equal(heritageOf('class A extends /* no */ null/* no */{ }'), 'null');
    assert.equal(heritageOf('class A { b() { return class extends C { } } }'), undefined);
    assert.equal(heritageOf('class { }'), undefined);
    assert.equal(heritageOf('() => class extends C { }'), undefined);
    assert.equal(heritageOf('class A extends'), undefined);
  });
});

suite('assigned names', () => {
  const table: readonly (readonly [string, string])[] = [
    ['() => { a = 1; b += 1; c ??= 1; d ||= 1; e **= 1; f >>>= 1; g &&= 1 }', 'a b c d e f g'],
    ['() => { a++; --b; c = d = 1; e = f === g }', 'a b c d e'],
    ['() => { ++a.b; --c[0]; d.e = 1; f[0] = 1; g.h++; i.j += k }', ''],
    ['() => { a\n++b\nc }', 'b'],
    ['() => { a++\nb }', 'a'],
    ['() => { let a = 1, b = 2; var c = 3\nd = 4, e = 5 }', 'd e'],
    ['() => { const { a = 1, b: [c = 2] } = d, [e = 3] = f, g = h = 4 }', 'h'],
    ['() => { let { a = (b = 1) } = c }', 'b'],
    ['(a = 1, { b = 2, c: { d = 3 } = {} } = {}, [e = 4] = []) => 1', ''],
    ['function f(a = b = 1, c = d(e = 2)) { }', 'b e'],
    ['a(b = 1) { c = 1 }', 'c'],
    ['() => { [a, b.c, [d], ...e] = f; ({ g, h: i, j = 1, k: l.m, ...n } = o) }', 'a d e g i j n'],
    ['() => { a[b] = c; f()[b] = c }', ''],
    [
      '() => { for (a of b); for (const c of d); for (e in f); for ([g] of h); for ({ i } of j); }',
      'a e g i',
    ],
    ['async () => { for await (a of b); for (let c = 0, d = 1; c < d; c++); }', 'a c'],
    ['() => { while (a in b); if (c in d); }', ''],
    ['class A { a = 1; static b = 2\n c = d = 3 }', 'd'],
    ['() => { try { } catch ({ a = 1 }) { } }', ''],
    ['() => ({ a: b = 1, c: d })', 'b'],
    ['() => [a, b] == { c, d }', ''],
    ['() => (a) => a <= b >= c', ''],
    ['() => { (a) = 1; ((b))++; --(c); (d).e = 1; f(g) }', 'a b c'],
    ['() => { if (a) ++b; while (c) --d }', 'b d'],
  ];
  for (const [source, expected] of table) {
    test(source, () => assert.equal(sorted(functionSyntax(source).assigned), expected));
  }
});

test('members of a name are known if nothing else is done with it', () => {
  assert.equal(membersOf('() => a.b + a . c() + (a.b.d = 1)'), 'b c');
  assert.equal(membersOf('() => x.a.b + { a: 1 }.a + "a"'), '');
  for (const other of ['a', 'a()', 'a[0]', 'a?.b', '{ a }', '[...a]', 'a`b`', 'a.#b', '`${a}`']) {
    assert.equal(
      membersOf(`() => [a.b, ${other === '{ a }' ? `(${other})` : other}]`),
      undefined,
      other,
    );
  }
});

test('text between the tokens, and in strings, changes nothing', () => {
  const sources = [
    'async ({ a, b: c = this }, ...d) => { e ??= { f, g() { return _ || super.h } }; return _ / j / k }',
    'class A extends B { #c = _; static e() { return f.g + _ } [_] = 1; }',
    'get a() { return [super.b, _, ...c, import.meta.url, `x${_}${d}`] }',
    'function f(a = _) { for (const b of _) if (_) d = b++ / 2; else { return { e: f(_) } } }',
    'x => { if (_) return _; x = y ? _ : z; }',
  ];
  fc.assert(
    fc.property(fc.constantFrom(...sources), misleading, (source, text) => {
      const plain = functionSyntax(source.replaceAll('_', '0'));
      const spliced = functionSyntax(mislead(source, text));
      for (const flag of flags) assert.equal(spliced[flag], plain[flag], flag);
      assert.equal(spliced.kind, plain.kind);
      assert.equal(spliced.metas.length, plain.metas.length);
      assert.equal(spliced.privateName, plain.privateName);
      assert.deepEqual(spliced.assigned, plain.assigned);
      assert.deepEqual(spliced.names, plain.names);
    }),
    { numRuns: 500 },
  );
});

test('a text that is cut off, or no function at all, is read as far as it goes', () => {
  const source = 'async ({ a = `${b}` }) => { class A extends B { [c]() { return /d/ } } }';
  for (let end = 0; end <= source.length; end++) functionSyntax(source.slice(0, end));
  fc.assert(fc.property(fc.string(), (text) => functionSyntax(text).names instanceof Set));
});
