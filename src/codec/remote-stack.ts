/** The stack of an error that was thrown in a worker, as its caller reads it. */
import { lastIndexOf, matches, stringSlice } from '../util/primordials.ts';

const STACK_FRAME = /^ +at /m;
/** What {@link withWorker} has written. */
const WORKER_LINE = /\n {4}at worker .* \(<anonymous>\)$/;
/** A frame of what workers start with; of Node, below the first of those. */
const OWN_STACK_FRAME =
  /^ +at .*[\\/](?:thread-entry\.cjs|process-entry\.cjs|call-entry\.mjs):\d+:\d+\)?$/;
const RUNTIME_STACK_FRAME = /^ +at (?:.* \(node:|process\.processTicksAndRejections)/;
/** What would be taken for the end of a frame's function. */
const NOT_IN_NAME = /[\s()]/;

/**
 * Names the worker below its frames, as V8 writes a function without a place: whatever reads stacks reads
 * that. A stack with no frames in it was left so on purpose, and stays.
 */
export function withWorker(stack: string, worker: string): string {
  // A call that a task has submitted comes back through the parent, and has its worker's line already.
  if (!matches(STACK_FRAME, stack) || matches(WORKER_LINE, stack)) return stack;
  return `${withoutOwnStackFrames(stack)}\n    at worker ${inOneWord(worker)} (<anonymous>)`;
}

/** How a worker has come to call the task is no news to anybody; a RemoteError has it all the same. */
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
