/**
 * Estimates the work that regular expressions cause in an engine before they match anything.
 *
 * With the flag `u` or `v` the engine computes the content of a class of characters (`\p{L}`, `\W`) whenever the
 * expression is created. A `\p{L}` takes a tenth of a millisecond, a `\W` with the flags `iv` up to three, and a
 * `\p{RGI_Emoji}` with these flags fifty: a page of those blocks a program for half a minute. So the expressions of
 * one value have a common limit.
 */
import { charCodeAt, includes, lastIndexOf } from '../util/primordials.ts';

/** With at most this effort, all expressions of a value together are created within seconds. */
export const MOST_EFFORT = 20_000;

const BACKSLASH = 92;
/** The letters of `\p` and `\P`. */
const properties: readonly number[] = [112, 80];
/** The letters of `\d`, `\s`, `\w` and their opposites. */
const classes: readonly number[] = [100, 68, 115, 83, 119, 87];

/** The effort of one expression. Its syntax is not checked. */
export function effortOf(source: string, flags: string): number {
  if (lastIndexOf(flags, 'v') >= 0)
    return source.length + 200 * escapes(source, properties) + 20 * escapes(source, classes);
  return lastIndexOf(flags, 'u') >= 0 ? 10 * escapes(source, properties) : 0;
}

/** The number of these letters after a backslash. */
function escapes(source: string, letters: readonly number[]): number {
  let count = 0;
  for (let i = 0; i + 1 < source.length; i++) {
    if (charCodeAt(source, i) !== BACKSLASH) continue;
    i++;
    if (includes(letters, charCodeAt(source, i))) count++;
  }
  return count;
}
