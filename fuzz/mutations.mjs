/** Changes of a record: of what it says, or of its letters. */
import { mutateLetters } from './letter-mutations.mjs';
import { mutateValue } from './value-mutations.mjs';

/**
 * Several changes at once now and then.
 *
 * @param pool - of others, parts of which may come into it.
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
  // What says where the one part ends and the other begins may be wrong as well.
  return random.chance(0.98) ? head + body : mutateLetters(random, head, pool) + body;
}
