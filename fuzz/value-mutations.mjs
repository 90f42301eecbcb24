/**
 * Changes of a record's values. Only the path to the place of a change is copied, so that one record serves for many
 * changes.
 */

const KINDS = Array.from('oasmtdriwWbvef');
const FIELDS = words(`
  json table bytes parcel code global module path hash chunk functions source cf sig kind failure thrown form maxPayload
  __proto__ constructor prototype toString toJSON then length 0 1023
`);

/** As JSON, so that each is as it would be read. */
const JUNK = words(String.raw`
  null true 0 -0 -1 -6 0.5 1e308 4294967295 4294967296 33554432 9007199254740992 1e21
  "" "a" "__proto__" "constructor" "prototype" "length" "toString" "then" "Function" "\ud800" "1023" "33554431" "global"
  "root:../../etc/passwd" "root:a%2fb" "node:child_process" "package:a/../b" ["process","exit"] ["Math","max"]
  [] [0] [-1] [[0]] [4294967295] {} {"__proto__":1} {"__proto__":{"a":1}} {"constructor":{"prototype":{"a":1}}}
  {"then":1} {"toJSON":1} {"length":4294967295} ["o","__proto__",[0]] ["o","1023",1]
  ["s",4294967295] ["s",33554432] ["s",1,"a",1] ["s",0,"1023",1] ["s",33554432,"33554431",1]
  ["b",1e9] ["b",0] ["f",0] ["f",1] ["v","Uint8Array",0,0,4294967295] ["v","Function",0,0,1]
  ["e",[["global","Function"]],"E","",""] ["e",[["registered","__proto__"]],"E","",""]
  ["e",[["global","DOMException"]],"E","m","\u0020at\u0020x"] ["e",[],"E","","","cause",[0]]
  ["i","-"] ["i","-0"] ["W","f"] ["w",[-1]] ["w","a"] ["d",1e999] ["d",null] ["m",[0],[0]] ["t",[0]]
  ["r","\\p{RGI_Emoji}","v"] ["r","(?<__proto__>a)","dgimsuy"]
`).map((text) => JSON.parse(text));

function words(text) {
  return text.trim().split(/\s+/);
}

/** @param pool - other records; parts of them may be inserted. */
export function mutateValue(random, root, pool) {
  const path = [];
  let place = root;
  // Down to some place, not always to a leaf.
  while (typeof place === 'object' && place !== null && random.chance(0.88)) {
    const key = keyIn(random, place);
    if (key === undefined) break;
    path.push([place, key]);
    place = place[key];
  }
  if (path.length === 0) return changed(random, place, pool);
  const [owner, key] = path.pop();
  let made = changedAt(random, owner, key, pool);
  for (let i = path.length - 1; i >= 0; i--) {
    const copy = copyOf(path[i][0]);
    put(copy, path[i][1], made);
    made = copy;
  }
  return made;
}

function keyIn(random, place) {
  if (Array.isArray(place)) return place.length === 0 ? undefined : random.int(0, place.length - 1);
  const keys = Object.keys(place);
  return keys.length === 0 ? undefined : random.pick(keys);
}

function copyOf(owner) {
  return Array.isArray(owner) ? owner.slice() : { ...owner };
}

/** Also `__proto__`, as a property like any other. */
function put(owner, key, value) {
  if (key !== '__proto__') owner[key] = value;
  else
    Object.defineProperty(owner, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
}

function changedAt(random, owner, key, pool) {
  const copy = copyOf(owner);
  const old = owner[key];
  const isList = Array.isArray(owner);
  switch (random.int(0, 9)) {
    case 0:
      if (isList) copy.splice(key, 1);
      else delete copy[key];
      break;
    case 1:
      if (isList) copy.splice(key, 0, old);
      else put(copy, random.pick(FIELDS), old);
      break;
    case 2:
      if (isList) copy.splice(key, 0, random.pick(JUNK));
      else put(copy, random.pick(FIELDS), random.pick(JUNK));
      break;
    case 3:
      if (isList) copy.length = key;
      else {
        delete copy[key];
        put(copy, random.pick(FIELDS), old);
      }
      break;
    case 4: {
      const other = isList ? random.int(0, owner.length - 1) : keyIn(random, owner);
      put(copy, key, owner[other]);
      put(copy, other, old);
      break;
    }
    default:
      put(copy, key, changed(random, old, pool));
  }
  return copy;
}

function changed(random, old, pool) {
  switch (random.int(0, 8)) {
    case 0:
      return typeof old === 'number' ? nudged(random, old) : random.pick(JUNK);
    case 1:
      return [old];
    case 2:
      return Array.isArray(old) ? old.slice(random.int(0, old.length)) : [random.int(-7, 12)];
    case 3:
      return Array.isArray(old) && old.length > 0
        ? [random.pick(KINDS), ...old.slice(1)]
        : random.pick(JUNK);
    case 4:
      return partOf(random, pool.pick().value);
    case 5:
      return typeof old === 'string' ? textLike(random, old) : [random.int(0, 12)];
    case 6:
      return Array.isArray(old) && old.length < 100 ? [...old, ...old] : random.pick(JUNK);
    default:
      return random.pick(JUNK);
  }
}

function nudged(random, number) {
  return random.pick([
    number + random.int(-3, 3),
    -number,
    number * 2 ** random.int(1, 40),
    number + 0.5,
    String(number),
  ]);
}

function textLike(random, text) {
  return random.pick([
    text + text,
    text.slice(1),
    `${text}\ud800`,
    `../${text}`,
    `${text}?a#b`,
    '',
  ]);
}

function partOf(random, value) {
  let place = value;
  while (typeof place === 'object' && place !== null && random.chance(0.7)) {
    const key = keyIn(random, place);
    if (key === undefined) break;
    place = place[key];
  }
  return place;
}
