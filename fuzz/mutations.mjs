/** Changes of a text that is JSON: of what it says, or of its letters. */

const JUNK = [
  null,
  true,
  0,
  -1,
  -6,
  0.5,
  1e308,
  2 ** 32,
  2 ** 53,
  '',
  'a',
  '__proto__',
  'constructor',
  'prototype',
  'length',
  'toString',
  'then',
  'Function',
  '\ud800',
  [],
  [0],
  [-1],
  [[0]],
  {},
  { __proto__: null },
  ['o', '__proto__', [0]],
  ['s', 4294967295],
  ['b', 1e9],
  ['f', 0],
  ['e', [['global', 'Function']], 'E', '', ''],
];
const junk = (random) => structuredClone(random.pick(JUNK));
const KINDS = Array.from('oasmtdriwWbvef');

/** Several changes at once now and then. */
export function mutate(random, text) {
  if (random.chance(0.15)) return mutateLetters(random, text);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return mutateLetters(random, text);
  }
  const holder = { value };
  for (let changes = random.chance(0.7) ? 1 : random.int(2, 5); changes > 0; changes--)
    mutateValue(random, holder);
  return JSON.stringify(holder.value) ?? '';
}

function mutateValue(random, holder) {
  // Down to some place, not always to a leaf.
  let owner = holder;
  let key = 'value';
  while (typeof owner[key] === 'object' && owner[key] !== null && random.chance(0.85)) {
    const keys = Object.keys(owner[key]);
    if (keys.length === 0) break;
    owner = owner[key];
    key = random.pick(keys);
  }
  const old = owner[key];
  switch (random.int(0, 6)) {
    case 0:
      if (Array.isArray(owner)) owner.splice(Number(key), 1);
      else delete owner[key];
      break;
    case 1:
      if (Array.isArray(owner)) owner.splice(Number(key), 0, structuredClone(old));
      else
        owner[random.pick(['json', 'table', 'bytes', 'code', 'global', 'more', 'chunk'])] =
          structuredClone(old);
      break;
    case 2:
      owner[key] = typeof old === 'number' ? old + random.int(-3, 3) : junk(random);
      break;
    case 3:
      owner[key] = Array.isArray(old)
        ? old.slice(random.int(0, old.length))
        : [structuredClone(old)];
      break;
    case 4:
      if (Array.isArray(old) && old.length > 0) old[0] = random.pick(KINDS);
      else owner[key] = junk(random);
      break;
    default:
      owner[key] = junk(random);
  }
}

function mutateLetters(random, text) {
  const at = random.int(0, text.length);
  const letters = random.pick([
    '',
    '"',
    ',',
    '[',
    ']',
    '{',
    '}',
    ':',
    '\\',
    '0',
    '-',
    'e',
    '\0',
    '\u2028',
    '9'.repeat(20),
  ]);
  return text.slice(0, at) + letters + text.slice(at + random.int(0, 2));
}
