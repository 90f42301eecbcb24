import type { Outcome } from './outcomes.mjs';

export interface Run {
  readonly code: number;
  readonly cutShort: boolean;
  readonly outcomes: readonly Outcome[];
  readonly again?: readonly { readonly file: string; readonly passed: boolean }[];
}

export function runTwice(
  files: readonly string[],
  run: (files: readonly string[], time: number) => Promise<Run>,
): Promise<Run>;
