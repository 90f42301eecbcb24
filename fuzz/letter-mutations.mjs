/** Changes of letters; the text may be invalid JSON afterwards, or another value. */

const LETTERS = [
  ...Array.from('",[]{}:\\0-e1 \0\u2028\ufeff'),
  '\ud800',
  '\udc00',
  '9'.repeat(20),
  '0.1'.repeat(3),
  ...words(String.raw`
    null true [] {} [0], "__proto__": "constructor": \ud800 \u0000 -0 1e999 -1e-999 1e-7
  `),
];

/** Pieces that are expensive in large numbers. */
const MANY = words(String.raw`
  9 a \ ( \\p{L} [0], [1], "a", {}, [], ["o"], ["m"], ["b",0], ["d",0], ["r","a",""], ["w",1], ["i","-1f"],
  ["o","1023",1], ["s",1000], ["s",33554432], ["e",[],"E","","\u0020at\u0020x"], ["e",[],"","","","cause",[0]],
`);

const changes = [
  { weight: 30, make: replaced },
  { weight: 20, make: flipped },
  { weight: 15, make: cut },
  { weight: 15, make: repeated },
  { weight: 10, make: spliced },
  { weight: 8, make: twice },
  { weight: 0.1, make: deep },
  { weight: 0.2, make: long },
];

export function mutateLetters(random, text, pool) {
  return random.weighted(changes).make(random, text, pool);
}

function replaced(random, text) {
  const at = random.int(0, text.length);
  return text.slice(0, at) + random.pick(LETTERS) + text.slice(at + random.int(0, 2));
}

function flipped(random, text) {
  if (text === '') return text;
  const at = random.int(0, text.length - 1);
  const letter = String.fromCharCode(text.charCodeAt(at) ^ (1 << random.int(0, 7)));
  return text.slice(0, at) + letter + text.slice(at + 1);
}

function cut(random, text) {
  const at = random.int(0, text.length);
  return random.chance(0.3)
    ? text.slice(0, at)
    : text.slice(0, at) + text.slice(at + random.int(0, 20));
}

function repeated(random, text) {
  const at = random.int(0, text.length);
  const end = at + random.int(0, 40);
  return text.slice(0, end) + text.slice(at);
}

/** The beginning of one and the end of another. */
function spliced(random, text, pool) {
  const other = pool.pick().text;
  return text.slice(0, random.int(0, text.length)) + other.slice(random.int(0, other.length));
}

/** The name of a field for the second time. */
function twice(random, text) {
  const names = text.match(/"\w+":/g) ?? [];
  if (names.length === 0) return text;
  const at = text.indexOf(random.pick(names));
  return `${text.slice(0, at)}${random.pick(names)}${random.pick(['1', '[]', 'null', '{}', '"a"'])},${text.slice(at)}`;
}

function deep(random, text) {
  const levels = random.int(100, 20_000);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ]);
  const nest = `${open.repeat(levels)}0${random.chance(0.9) ? close.repeat(levels) : ''}`;
  const at = text.search(/[[{"\d]/);
  return random.chance(0.5)
    ? text.slice(0, at) + nest + text.slice(at)
    : text.replace(/:("[^"]*"|\d+|\[\d*\])/, () => `:${nest}`);
}

function long(random, text) {
  const letters = random.pick(MANY);
  const at = random.int(0, text.length);
  return text.slice(0, at) + letters.repeat(random.int(100, 5000)) + text.slice(at);
}

function words(text) {
  return text.trim().split(/\s+/);
}
