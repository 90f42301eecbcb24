/**
 * Records as they lie in Redis, where anybody may have written any text: what is no JSON is no record, nor is what is longer than
 * any of ours. Reading megabytes takes seconds, so it is not begun.
 */
import { LONGEST_RECORD } from './call-format.ts';

/** Undefined: no release of ours has written it. */
export function parsed(text: string): unknown {
  if (text.length > LONGEST_RECORD) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
