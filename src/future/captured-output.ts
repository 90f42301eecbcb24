/** The output of calls made through `with({ captureOutput: true })`. Kept beside the futures, because few have it. */

/** The text that a task has written, as `future.output` returns it. */
export interface CapturedOutput {
  /** The text that was written to `process.stdout`. */
  readonly stdout: string;
  /** The text that was written to `process.stderr`. */
  readonly stderr: string;
}

const outputs = new WeakMap<object, { stdout: string; stderr: string }>();

/** From now on the future has an output, which is empty. */
export function beginOutput(future: object): void {
  outputs.set(future, { stdout: '', stderr: '' });
}

export function appendOutput(future: object, stream: 'stdout' | 'stderr', text: string): void {
  const output = outputs.get(future);
  if (output !== undefined) output[stream] += text;
}

/** The output so far; undefined if it is not captured. */
export function outputOf(future: object): CapturedOutput | undefined {
  const output = outputs.get(future);
  return output === undefined ? undefined : { ...output };
}
