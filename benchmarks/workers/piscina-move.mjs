/** In a file of its own: other tasks don't need Piscina in the worker. */
import { move } from 'piscina';

export function moveBack(bytes) {
  return move(bytes);
}
