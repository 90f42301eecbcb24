/**
 * The reason why a job has failed, as the single text that BullMQ stores: first a summary for people who read a
 * dashboard or a log; then, after a mark, the whole error as data.
 */
import { BrokenCluster } from '../errors.ts';
import { describeValue } from '../util/validate.ts';
import { checkFailure, type FailureRecord, FORMAT } from './call-format.ts';
import { parsed } from './record-text.ts';

const MARK = '\n\u0001concurrent-futures:';
const LONGEST_SUMMARY = 500;

/** @param summary - a line for people. */
export function failureText(summary: string, record: FailureRecord): string {
  return `${summary.slice(0, LONGEST_SUMMARY)}${MARK}${JSON.stringify(record)}`;
}

/**
 * The record in a text; undefined if this library has not written it (but BullMQ or another program).
 *
 * @throws BrokenCluster (`ERR_FORMAT`) if the record has another format, or is invalid.
 */
export function readFailure(text: string): FailureRecord | undefined {
  const at = text.indexOf(MARK);
  if (at < 0) return undefined;
  const behind = parsed(text.slice(at + MARK.length)) as
    | { readonly cf?: unknown }
    | null
    | undefined;
  if (behind?.cf === FORMAT) return checkFailure(behind);
  throw new BrokenCluster(
    `The host that ran this call speaks format ${describeValue(behind?.cf)}, and this program format ${FORMAT}. Run the same release of concurrent-futures on both. Its error was: ${text.slice(0, Math.min(at, LONGEST_SUMMARY))}`,
    { code: 'ERR_FORMAT' },
  );
}
