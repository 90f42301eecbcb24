/**
 * The kinds of records that each side reads.
 *
 *     valid(random, value)   the text of a valid one that carries `value`
 *     jsonIn(text)           what of the text is JSON, where that is not all: { head, body }
 *     read(text)             reads it as the side does; returns, or promises, what is wrong with what came of it, if that is a text
 *     mayThrow(error)        whether that is how it may be refused
 */
import { hostKinds } from './host-kinds.mjs';
import { submitterKinds } from './submitter-kinds.mjs';

export const sides = { host: hostKinds, submitter: submitterKinds };
