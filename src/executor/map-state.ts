/**
 * What a `map` may do with its input.
 *
 *     IDLE    -> READING  there is room for another call: a chunk is read
 *     READING -> IDLE     it was read, and its call submitted
 *     READING -> ENDED    the input is exhausted, or has failed; or a submit has
 *     IDLE    -> ENDED    a submit has failed
 *     any     -> CLOSED   the loop was left, is over time, aborted, or everything was handed out
 *
 * Once it is CLOSED nothing is submitted or handed out any more, whatever still arrives.
 */
export const IDLE = 0;
export const READING = 1;
export const ENDED = 2;
export const CLOSED = 3;
export type MapState = typeof IDLE | typeof READING | typeof ENDED | typeof CLOSED;
