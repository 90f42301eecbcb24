/**
 * Why a job has failed, as the one text that BullMQ keeps for it: first what people read in a
 * dashboard or a log, then, behind a mark, the whole error as data.
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
 * What the text says; undefined if it is not one of ours: then BullMQ has written it, or somebody else.
 *
 * @throws BrokenCluster (`ERR_FORMAT`) if it is of another format, or of none.
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
    `The host that ran this call speaks format ${describeValue(behind?.cf)}, and this program format ${FORMAT}. Run the same release of concurrent-futures on both. It said: ${text.slice(0, Math.min(at, LONGEST_SUMMARY))}`,
    { code: 'ERR_FORMAT' },
  );
}
