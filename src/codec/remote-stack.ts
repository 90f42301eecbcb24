/** Formats the stack of an error from a worker for the caller. */
import { lastIndexOf, matches, stringSlice } from '../util/primordials.ts';

const STACK_FRAME = /^ +at /m;
/** The line that {@link withWorker} writes. */
const WORKER_LINE = /\n {4}at worker .* \(<anonymous>\)$/;
/** A frame of a worker's entry; RUNTIME_STACK_FRAME: a frame of Node below it. */
const OWN_STACK_FRAME =
  /^ +at .*[\\/](?:thread-entry\.cjs|process-entry\.cjs|call-entry\.mjs):\d+:\d+\)?$/;
const RUNTIME_STACK_FRAME = /^ +at (?:.* \(node:|process\.processTicksAndRejections)/;
/** Characters that a reader of stacks would take for the end of a function's name. */
const NOT_IN_NAME = /[\s()]/;

/**
 * Adds a line for the worker below its frames, in the form that V8 uses for a function without a position, so that
 * readers of stacks accept it. A stack without frames was made so on purpose and is left unchanged.
 */
export function withWorker(stack: string, worker: string): string {
  // The outcome of a nested call comes back through the parent, and has its worker's line already.
  if (!matches(STACK_FRAME, stack) || matches(WORKER_LINE, stack)) return stack;
  return `${withoutOwnStackFrames(stack)}\n    at worker ${inOneWord(worker)} (<anonymous>)`;
}

/** Removes the frames of the worker's own code, which are the same for every task. A RemoteError keeps them. */
function withoutOwnStackFrames(stack: string): string {
  let rest = stack;
  let own = false;
  for (let at = lastIndexOf(rest, '\n'); at >= 0; at = lastIndexOf(rest, '\n')) {
    const line = stringSlice(rest, at + 1);
    if (matches(OWN_STACK_FRAME, line)) own = true;
    else if (!matches(RUNTIME_STACK_FRAME, line)) break;
    rest = stringSlice(rest, 0, at);
  }
  return own ? rest : stack;
}

function inOneWord(name: string): string {
  let text = '';
  let gap = false;
  for (let i = 0; i < name.length; i++) {
    const isGap = matches(NOT_IN_NAME, name[i] as string);
    if (!isGap) text += name[i];
    else if (!gap) text += ' ';
    gap = isGap;
  }
  return text;
}
