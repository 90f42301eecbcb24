/** Changes of a record, of its values or of its letters. */
import { mutateLetters } from './letter-mutations.mjs';
import { mutateValue } from './value-mutations.mjs';

/**
 * Makes one change, sometimes several.
 *
 * @param pool - other records; parts of them may be inserted.
 * @returns its text.
 */
export function mutate(random, { text, head, value }, pool) {
  let changes = random.chance(0.6) ? 1 : random.int(2, 5);
  if (random.chance(0.2)) {
    let changed = text;
    for (; changes > 0; changes--) changed = mutateLetters(random, changed, pool);
    return changed;
  }
  let changed = value;
  for (; changes > 0; changes--) changed = mutateValue(random, changed, pool);
  const body = JSON.stringify(changed) ?? '';
  // The separator of the two parts may be changed as well.
  return random.chance(0.98) ? head + body : mutateLetters(random, head, pool) + body;
}
