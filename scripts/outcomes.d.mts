export interface Outcome {
  readonly kind: 'file' | 'suite' | 'test';
  readonly outcome: 'passed' | 'failed' | 'cancelled' | 'skipped' | 'todo';
  readonly file: string;
  readonly title?: string;
  readonly suites?: readonly string[];
}

export function readOutcomes(path: string): Outcome[];
export function failedFiles(outcomes: readonly Outcome[]): string[];
export function summarize(outcomes: readonly Outcome[], milliseconds: number): string;
