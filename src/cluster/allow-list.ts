/**
 * Decides which modules a host runs functions of, by patterns over their names.
 *
 *     src/jobs/**         everything below a folder of the root; root:src/jobs/** means the same
 *     src/*.js            files directly in a folder
 *     package:@acme/**    all packages of a scope
 *     node:{crypto,zlib}  two of Node's own modules
 *
 * `*` matches any part of a segment, `**` any number of segments, `?` one character, `{a,b}` one of several texts.
 * Any other character matches itself.
 *
 * Without a pattern, everything below the root and all installed packages are allowed. Node's own modules and global
 * objects reach further than any call needs, so each needs a pattern: `node:zlib`, `global:URL.canParse`.
 *
 * Patterns come from the host, but names come from outside. So both are matched in one pass, which takes time in
 * proportion to their lengths for any input; a regular expression would not.
 */
import { invalidType, invalidValue } from '../util/validate.ts';
import type { ModuleName } from './call-format.ts';
import { plainName } from './module-name.ts';
import { packageName } from './package-folder.ts';

const EXPECTED = 'a pattern such as src/jobs/**, package:@acme/** or node:crypto';
const SCHEME = /^(root|package|node|global):(.*)$/s;
/** Each `{a,b}` doubles the number of patterns to check. */
const MOST_ALTERNATIVES = 1000;
const INSTALLED = 'node_modules';

export interface Pattern {
  readonly scheme: string;
  readonly segments: readonly string[];
}

/**
 * @param allowsAll - true if an empty list allows everything, including `node:` and `global:` names.
 * @returns a function that returns true for the name of a module that may be run.
 * @throws TypeError, RangeError naming the invalid pattern.
 */
export function allowList(
  patterns: readonly string[],
  allowsAll = false,
): (module: ModuleName) => boolean {
  if (!Array.isArray(patterns)) throw invalidType('allow', 'an array of patterns', patterns);
  const all = patterns.flatMap((each: unknown, index) => patternsIn(`allow[${index}]`, each));
  if (all.length === 0) return (module) => allowsAll || !/^(?:node|global):/.test(module);
  return (module) => {
    const [, scheme, path = ''] = SCHEME.exec(plainName(module)) ?? [];
    const segments = path.split('/');
    if (segments.includes('..')) return false;
    return all.some((each) => each.scheme === scheme && isMatch(each, segments));
  };
}

/** True if the pattern matches a path of its own scheme. */
export function isMatch({ scheme, segments }: Pattern, given: readonly string[]): boolean {
  // Packages that are installed below the root do not count as its code, unless a pattern names their folder.
  const isStray = (segment: string): boolean => scheme === 'root' && segment === INSTALLED;
  return matches(
    segments,
    given,
    (segment) => segment === '**',
    (segment, text) => segment === text || (!isStray(text) && isSegmentMatch(segment, text)),
    (text) => !isStray(text),
  );
}

export function isSegmentMatch(pattern: string, text: string): boolean {
  return matches(
    Array.from(pattern),
    Array.from(text),
    (character) => character === '*',
    (character, other) => character === '?' || character === other,
    () => true,
  );
}

/**
 * Compares two lists. Some items of the first one are wild and match any number of items of the second. On a
 * mismatch only the last wild item has to match one item more: the part before it is matched already.
 */
function matches(
  pattern: readonly string[],
  given: readonly string[],
  isWild: (item: string) => boolean,
  fits: (item: string, text: string) => boolean,
  mayTakeIn: (text: string) => boolean,
): boolean {
  let at = 0;
  let next = 0;
  let wild = -1;
  let end = 0;
  while (next < given.length) {
    const item = pattern[at];
    const text = given[next] ?? '';
    if (item !== undefined && isWild(item)) {
      wild = at++;
      end = next;
    } else if (item !== undefined && fits(item, text)) {
      at++;
      next++;
    } else if (wild >= 0 && mayTakeIn(given[end] ?? '')) {
      at = wild + 1;
      next = ++end;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((each) => isWild(each));
}

/** The patterns for all alternatives of a text. @throws TypeError, RangeError */
export function patternsIn(name: string, given: unknown): Pattern[] {
  if (typeof given !== 'string') throw invalidType(name, EXPECTED, given);
  return alternatives(name, given).map((text) => parse(name, text, given));
}

function parse(name: string, text: string, given: string): Pattern {
  const refuse = (expected: string): RangeError => invalidValue(name, expected, given);
  if (text.includes('\\')) throw refuse('a pattern with / between its parts, not \\');
  if (text.startsWith('!')) throw refuse('a pattern of what is allowed: nothing can be excepted');
  const [, scheme = 'root', path = text.replace(/^\.\//, '')] = SCHEME.exec(text) ?? [];
  if (scheme === 'root' && /^[a-z][\w+.-]*:/i.test(path))
    throw refuse('a path below the root, or begin with package:, node: or global:');
  const segments = path.split('/');
  if (segments.some((each) => each === '' || each === '.' || each === '..'))
    throw refuse("a plain path: not absolute, not empty, without '.', '..' and a slash at its end");
  if (segments.some((each) => each.includes('**') && each !== '**'))
    throw refuse('a pattern in which ** stands between slashes, by itself');
  const isWhole = scheme === 'package' && !path.includes('**');
  if (isWhole && path.length <= packageName(path).length)
    throw refuse(`a pattern of files of packages, such as package:${path.replace(/\/$/, '')}/**`);
  return { scheme, segments };
}

/** `abd` and `acd` for `a{b,c}d`. */
function alternatives(name: string, given: string): string[] {
  const done: string[] = [];
  const left = [given];
  for (let text = left.pop(); text !== undefined; text = left.pop()) {
    // A pair of braces without another pair inside.
    const [all, choices] = /\{([^{}]*)\}/.exec(text) ?? [];
    if (all === undefined || choices === undefined) {
      if (/[{}]/.test(text)) throw invalidValue(name, 'a pattern that closes each { by a }', given);
      done.push(text);
    } else {
      const at = text.indexOf(all);
      const [head, tail] = [text.slice(0, at), text.slice(at + all.length)];
      for (const each of choices.split(',')) left.push(head + each + tail);
    }
    if (done.length + left.length > MOST_ALTERNATIVES)
      throw invalidValue(name, `a pattern of at most ${MOST_ALTERNATIVES} alternatives`, given);
  }
  return done;
}
