/** In a file of its own: other tasks don't need Tinypool in the worker. */
import { Tinypool } from 'tinypool';

export function moveBack(bytes) {
  return Tinypool.move(bytes);
}
