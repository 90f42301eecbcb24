/**
 * What regular expressions may ask of an engine before they have matched anything.
 *
 * With the flag `u` or `v` the engine looks up what a class of characters has in it (`\p{L}`, `\W`) where the expression is
 * made, each time anew. A `\p{L}` takes it a tenth of a millisecond, a `\W` with the flags `iv` up to three, and a
 * `\p{RGI_Emoji}` with these fifty: a page of those, and a program stands still for half a minute. So the expressions of
 * one value have so much together and no more.
 */
import { charCodeAt, includes, lastIndexOf } from '../util/primordials.ts';

/** Where all expressions of a value together are at most this, they are made within seconds, whatever they say. */
export const MOST_EFFORT = 20_000;

const BACKSLASH = 92;
/** The letters of `\p` and `\P`. */
const properties: readonly number[] = [112, 80];
/** And those of `\d`, `\s`, `\w` and their opposites. */
const classes: readonly number[] = [100, 68, 115, 83, 119, 87];

/** Whether it is an expression at all is not looked at. */
export function effortOf(source: string, flags: string): number {
  if (lastIndexOf(flags, 'v') >= 0)
    return source.length + 200 * escapes(source, properties) + 20 * escapes(source, classes);
  return lastIndexOf(flags, 'u') >= 0 ? 10 * escapes(source, properties) : 0;
}

/** How many there are of these letters behind a backslash. */
function escapes(source: string, letters: readonly number[]): number {
  let count = 0;
  for (let i = 0; i + 1 < source.length; i++) {
    if (charCodeAt(source, i) !== BACKSLASH) continue;
    i++;
    if (includes(letters, charCodeAt(source, i))) count++;
  }
  return count;
}
