/**
 * Why a job has failed, as the one text that BullMQ keeps for it: first what people read in a
 * dashboard or a log, then, behind a mark, the whole error as data.
 */
import { BrokenCluster } from '../errors.ts';
import { type FailureData, FORMAT, type WireValue } from './call-format.ts';
import { fromWire, toWire } from './wire-value.ts';

const MARK = '\n\u0001concurrent-futures:';
const LONGEST_SUMMARY = 500;

/** What is behind the mark. */
interface Behind {
  readonly cf: number;
  readonly failure: WireValue;
}

/** @param summary - a line for people. */
export function failureText(summary: string, failure: FailureData): string {
  const behind: Behind = { cf: FORMAT, failure: toWire(failure) };
  return `${summary.slice(0, LONGEST_SUMMARY)}${MARK}${JSON.stringify(behind)}`;
}

/** What the text says; undefined if it is not one of ours: then BullMQ has written it, or somebody else. */
export function readFailure(text: string): FailureData | undefined {
  const at = text.indexOf(MARK);
  if (at < 0) return undefined;
  const { cf, failure } = JSON.parse(text.slice(at + MARK.length)) as Behind;
  if (cf !== FORMAT) {
    throw new BrokenCluster(
      `The host that ran this call speaks format ${cf}, and this program format ${FORMAT}. Run the same release of concurrent-futures on both. It said: ${text.slice(0, at)}`,
      { code: 'ERR_FORMAT' },
    );
  }
  return fromWire(failure) as FailureData;
}
