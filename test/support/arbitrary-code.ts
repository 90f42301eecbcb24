/**
 * Random functions, from a seed: every construct in which a name can be used, declared or assigned to, nested in each
 * other, with line breaks, comments and missing semicolons wherever the grammar allows them. Not all of it is valid:
 * the caller's parser decides.
 */
type Rule = () => string;

const NAMES = [
  'a',
  'b',
  'c',
  'd',
  'e',
  'of',
  'async',
  'get',
  'static',
  'from',
  '$',
  'größe',
  '\\u0061b',
];
const GAPS = [
  ' ',
  ' ',
  ' ',
  '\n',
  '\n',
  ' /* c */ ',
  ' /* \n */ ',
  ' // c\n',
  '\r\n',
  '\u2028',
  '\t',
];
const ENDS = [';', '\n', '\n', ';\n', ' /*\n*/ ', ' // x\n'];
const ASSIGNMENTS = '= += -= *= /= %= **= <<= >>= >>>= &= |= ^= &&= ||= ??='.split(' ');
const OPERATORS =
  '+ - * / % ** < > <= >= in instanceof && || ?? == === != !== & | ^ << >> >>>'.split(' ');
const DEEPEST = 5;

export function arbitraryCode(seed: number): string {
  return new Writer(seed).function();
}

class Writer {
  #state: number;
  #depth = 0;
  #async = false;
  #generator = false;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Of mulberry32. */
  #random(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)] as T;
  }

  #one(simple: Rule, rules: readonly Rule[]): string {
    if (this.#depth >= DEEPEST) return simple();
    this.#depth++;
    const text = this.#pick(rules)();
    this.#depth--;
    return text;
  }

  #inFunction(isAsync: boolean, isGenerator: boolean, text: Rule): string {
    const before = [this.#async, this.#generator] as const;
    [this.#async, this.#generator] = [isAsync, isGenerator];
    const made = text();
    [this.#async, this.#generator] = before;
    return made;
  }

  function(): string {
    return this.#pick<Rule>([
      () => this.#functionText('function F', false, false),
      () => this.#functionText('async function F', true, false),
      () => this.#functionText('function* F', false, true),
      () => this.#functionText('async function* F', true, true),
      () => `(${this.#arrow()})`,
      () => `({${this.#property()},${this.#property()}})`,
      () => `class F {${this.#members()}}`,
    ])();
  }

  readonly #name = (): string => this.#pick(NAMES);
  readonly #gap = (): string => this.#pick(GAPS);
  readonly #end = (): string => this.#pick(ENDS);

  /** An expression that can be assigned to. */
  readonly #place = (): string =>
    this.#pick<Rule>([
      this.#name,
      this.#name,
      () => `${this.#name()}.${this.#name()}`,
      () => `${this.#name()}[${this.#expression()}]`,
      () => `(${this.#name()})`,
      () => `((${this.#name()}))`,
      () => `(${this.#name()}.${this.#name()})`,
      () => `this.${this.#name()}`,
    ])();

  readonly #target = (): string =>
    this.#one(this.#name, [
      this.#place,
      this.#place,
      () => `[${this.#target()}${this.#gap()}]`,
      () => `[${this.#target()}=${this.#expression()},,...${this.#target()}]`,
      () => `{${this.#name()}${this.#gap()}}`,
      () => `{${this.#name()}=${this.#expression()},${this.#name()}:${this.#target()}}`,
      () => `{[${this.#expression()}]:${this.#target()}=${this.#expression()},...${this.#place()}}`,
    ]);

  readonly #pattern = (): string =>
    this.#one(this.#name, [
      this.#name,
      this.#name,
      () => `[${this.#pattern()},,...${this.#pattern()}]`,
      () => `{${this.#name()},${this.#name()}:${this.#pattern()}=${this.#expression()}}`,
      () => `{${this.#name()}=${this.#expression()},[${this.#expression()}]:${this.#name()}}`,
      () => `{"s":${this.#name()},...${this.#name()}}`,
    ]);

  #parameters(): string {
    return this.#pick<Rule>([
      () => '',
      this.#pattern,
      () => `${this.#pattern()}=${this.#expression()}`,
      () => `${this.#pattern()},...${this.#name()}`,
    ])();
  }

  #functionText(head: string, isAsync: boolean, isGenerator: boolean): string {
    return this.#inFunction(
      isAsync,
      isGenerator,
      () => `${head}${this.#pick(['', ' '])}(${this.#parameters()})${this.#gap()}{${this.#body()}}`,
    );
  }

  readonly #arrow = (): string => {
    const isAsync = this.#random(3) === 0;
    return this.#inFunction(isAsync, false, () => {
      const parameters = this.#random(3) === 0 ? this.#name() : `(${this.#parameters()})`;
      const body = this.#random(2) === 0 ? `{${this.#body()}}` : this.#operand();
      return `${isAsync ? 'async ' : ''}${parameters} =>${this.#gap()}${body}`;
    });
  };

  /** An expression that can stand before an operator. */
  readonly #operand = (): string =>
    this.#one(this.#name, [
      this.#name,
      this.#place,
      () => `(${this.#gap()}${this.#expression()})`,
      () => `[${this.#expression()},${this.#gap()}...${this.#operand()},,]`,
      () => `({${this.#property()},${this.#gap()}${this.#property()}})`,
      () => `${this.#name()}${this.#gap()}.${this.#gap()}${this.#name()}`,
      () => `${this.#operand()}?.${this.#pick(['', '[0].', '().'])}${this.#name()}`,
      () => `${this.#place()}(${this.#expression()},...${this.#operand()})`,
      () => `new ${this.#place()}(${this.#operand()})`,
      () => `\`t\${${this.#gap()}${this.#expression()}}u\${${this.#expression()}}\``,
      () => `tag\`\${${this.#expression()}}\``,
      () =>
        this.#pick(['1', '.5', '0x1f', '1e-3', '"s"', "'\\''", '/[/]\\/a/g', '`t`', '1n', 'null']),
      () => `/a/.test(${this.#operand()})`,
      () => this.#pick(['this', 'arguments', 'new.target', 'import.meta.url', 'super.x']),
      () => `import(${this.#operand()})`,
      () => `${this.#pick(['eval', '(eval)', 'eval?.', '(0,eval)'])}(${this.#operand()})`,
      () => this.#functionText(this.#pick(['function', `function ${this.#name()}`]), false, false),
      () => this.#functionText('function*', false, true),
      () => this.#functionText('async function', true, false),
      () =>
        `class ${this.#pick(['', 'A', 'B extends a', 'extends (a)', 'extends a(b)'])} {${this.#members()}}`,
    ]);

  readonly #expression = (): string =>
    this.#one(this.#name, [
      this.#operand,
      this.#operand,
      () =>
        `${this.#operand()}${this.#gap()}${this.#pick(OPERATORS)}${this.#gap()}${this.#operand()}`,
      () => `${this.#operand()}/${this.#operand()}/${this.#operand()}`,
      () =>
        `${this.#place()}${this.#gap()}${this.#pick(ASSIGNMENTS)}${this.#gap()}${this.#expression()}`,
      () => `${this.#place()} = ${this.#place()} = ${this.#operand()}`,
      () =>
        `([${this.#target()},${this.#target()}]${this.#gap()}=${this.#gap()}${this.#operand()})`,
      () => `({${this.#name()}:${this.#target()}=${this.#operand()}}=${this.#operand()})`,
      () => `[${this.#target()}] = ${this.#operand()}`,
      () => `${this.#pick(['++', '--'])}${this.#gap()}${this.#place()}`,
      () => `${this.#place()}${this.#pick(['', ' ', '/**/'])}${this.#pick(['++', '--'])}`,
      () =>
        `${this.#pick(['typeof ', '!', '- ', '+ ', 'void ', '~'])}${this.#gap()}${this.#operand()}`,
      () => `delete ${this.#name()}.${this.#name()}`,
      () =>
        `${this.#operand()}${this.#gap()}?${this.#gap()}${this.#expression()}${this.#gap()}:${this.#gap()}${this.#operand()}`,
      () => `(${this.#expression()},${this.#gap()}${this.#expression()})`,
      this.#arrow,
      () => (this.#async ? `await ${this.#operand()}` : this.#operand()),
      () => (this.#generator ? `(yield ${this.#operand()})` : this.#operand()),
    ]);

  readonly #property = (): string =>
    this.#one(this.#name, [
      this.#name,
      () => `${this.#key()}:${this.#gap()}${this.#operand()}`,
      () => `...${this.#operand()}`,
      () => this.#method(),
    ]);

  #key(): string {
    return this.#pick<Rule>([
      this.#name,
      () => this.#pick(['if', 'let', 'class', '"s"', '1', 'get', 'set', 'async', 'new', 'default']),
      () => `[${this.#operand()}]`,
    ])();
  }

  #method(): string {
    const key = this.#key();
    return this.#pick<Rule>([
      () => this.#functionText(key, false, false),
      () => this.#functionText(`async ${key}`, true, false),
      () => this.#functionText(`*${key}`, false, true),
      () => this.#functionText(`async *${key}`, true, true),
      () => this.#inFunction(false, false, () => `get ${key}(){${this.#body()}}`),
      () => this.#inFunction(false, false, () => `set ${key}(${this.#pattern()}){${this.#body()}}`),
    ])();
  }

  readonly #members = (): string => {
    let text = '#p;';
    for (let left = this.#random(4); left > 0; left--) text += this.#member();
    return text;
  };

  #member(): string {
    return this.#pick<Rule>([
      () => `${this.#key()}${this.#gap()}=${this.#gap()}${this.#fieldValue()}${this.#end()}`,
      () => `static ${this.#key()}=${this.#fieldValue()}${this.#end()}`,
      () => `${this.#pick(['x', 'get', 'set', 'static', 'async', '"s"'])}${this.#end()}`,
      () => `${this.#method()}${this.#pick(['', '\n', ';'])}`,
      () => `static${this.#gap()}${this.#method()}`,
      () => `static{${this.#inFunction(false, false, () => this.#body())}}`,
      () => this.#functionText('#m', false, false),
      () => `q = this.#p${this.#end()}`,
      () => `r(o){return #p in o && o.#p++}`,
    ])();
  }

  #fieldValue(): string {
    return this.#inFunction(false, false, this.#operand);
  }

  #body(): string {
    return this.#one(() => '', [() => this.#statements(), () => this.#statements()]);
  }

  #statements(): string {
    let text = '';
    for (let left = this.#random(5); left > 0; left--) text += this.#statement() + this.#end();
    return text;
  }

  readonly #block = (): string =>
    this.#pick<Rule>([
      () => `{${this.#body()}}`,
      () => `{${this.#body()}}`,
      () => `${this.#expression()};`,
      () => ';',
      () => `lbl:${this.#gap()}{${this.#body()}}`,
    ])();

  readonly #statement = (): string =>
    this.#one(this.#name, [
      this.#expression,
      this.#expression,
      this.#expression,
      this.#expression,
      () => `let ${this.#pattern()} = ${this.#operand()}`,
      () => `let ${this.#name()}${this.#gap()},${this.#name()}=${this.#operand()},${this.#gap()}x`,
      () => `const {${this.#name()}=${this.#operand()}}=${this.#operand()}, y=${this.#operand()}`,
      () => `var ${this.#name()}${this.#gap()}=${this.#gap()}${this.#operand()}`,
      () => `if(${this.#expression()})${this.#gap()}${this.#block()}`,
      () =>
        `if(${this.#expression()}){${this.#body()}}${this.#gap()}else${this.#gap()}${this.#block()}`,
      () => this.#loop(),
      () => this.#loop(),
      () => `while(${this.#expression()})${this.#gap()}${this.#block()}`,
      () => `do{${this.#body()}}while(${this.#expression()})`,
      () =>
        `switch(${this.#expression()}){case ${this.#operand()}:${this.#gap()}${this.#statements()}default:${this.#body()}}`,
      () =>
        `try{${this.#body()}}catch(${this.#pattern()}){${this.#body()}}finally{${this.#body()}}`,
      () => `try{${this.#body()}}catch{${this.#body()}}`,
      () =>
        `lbl:${this.#gap()}for(;;){${this.#body()};${this.#pick(['break', 'continue'])} lbl\n${this.#body()}}`,
      () => `l1:${this.#gap()}l2: ${this.#block()}`,
      () => `return${this.#gap()}${this.#expression()}`,
      () => `throw ${this.#expression()}`,
      () => `{${this.#body()}}`,
      () => this.#functionText(`function ${this.#name()}`, false, false),
      () => this.#functionText(`async function ${this.#name()}`, true, false),
      () => `class C {${this.#members()}}`,
      () => 'debugger',
    ]);

  #loop(): string {
    const gap = this.#gap();
    return this.#pick<Rule>([
      () => `for(${this.#target()} of ${this.#operand()})${gap}${this.#block()}`,
      () => `for(${this.#target()}${this.#gap()}in ${this.#expression()})${gap}${this.#block()}`,
      () => `for(let ${this.#pattern()} of ${this.#operand()})${gap}${this.#block()}`,
      () => `for(const ${this.#pattern()} in ${this.#operand()})${gap}${this.#block()}`,
      () =>
        `for(var ${this.#name()}=${this.#operand()},i;${this.#expression()};${this.#expression()})${this.#block()}`,
      () => `for(${this.#expression()};;${this.#expression()})${gap}${this.#block()}`,
      () =>
        this.#async
          ? `for await(${this.#target()} of ${this.#operand()})${this.#block()}`
          : `for(;;)${this.#block()}`,
    ])();
  }
}
