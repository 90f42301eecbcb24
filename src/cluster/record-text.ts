/**
 * Parses records from Redis, where anybody may have written any text. A text that is not JSON, or longer than any
 * record of this library, is not a record. Parsing megabytes takes seconds, so the length is checked first.
 */
import { LONGEST_RECORD } from './call-format.ts';

/** Undefined if no release of this library can have written it. */
export function parsed(text: string): unknown {
  if (text.length > LONGEST_RECORD) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
