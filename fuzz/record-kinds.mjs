/**
 * The kinds of records that each side reads.
 *
 *     valid(random, value)   the text of a valid record that carries `value`
 *     jsonIn(text)           the part of the text that is JSON, if not all of it is: { head, body }
 *     read(text)             reads it like the side does; returns, or resolves with, a text if the result is wrong
 *     mayThrow(error)        true if the record may be refused in this way
 */
import { hostKinds } from './host-kinds.mjs';
import { submitterKinds } from './submitter-kinds.mjs';

export const sides = { host: hostKinds, submitter: submitterKinds };
