/** Values in a line of text. */
import { inspect } from 'node:util';

const LONGEST = 400;

export function shown(value) {
  let text;
  try {
    text = isError(value)
      ? `${value.name}${value.code === undefined ? '' : ` ${value.code}`}: ${value.message}`
      : inspect(value, { breakLength: Infinity, depth: 3, maxArrayLength: 8, maxStringLength: 80 });
  } catch {
    text = 'something that can not be looked at';
  }
  const line = text.replaceAll(/\s*\n\s*/g, ' | ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function isError(value) {
  return value instanceof Error;
}
