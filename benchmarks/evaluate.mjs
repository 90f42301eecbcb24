/** From samples to what is shown of them: medians, spreads and ratios, without any formatting. */
import { OURS } from './rivals/index.mjs';
import { median, summary } from './statistics.mjs';

/**
 * One block per case and metric:
 *   { case, metric, rows: [{ contender, median, min, max, ratio, failures, error }] }
 *
 * A ratio says how many times better we are: above 1 in our favour, whichever way the metric goes. It
 * is the median of the ratios of the rounds. There is none for ours, nor where the metric wants none.
 */
export function evaluate(result, scenario) {
  return result.cases.flatMap(({ name, rounds }) =>
    Object.entries(scenario.metrics).map(([key, metric]) => ({
      case: name,
      metric: { key, ...metric },
      rows: result.contenders.map((contender) => evaluateRow(rounds, contender, key, metric)),
    })),
  );
}

function evaluateRow(rounds, contender, key, metric) {
  const samples = rounds.map((round) => round[contender]);
  const good = samples.filter((each) => each.error === undefined).map((each) => each[key]);
  const failed = samples.filter((each) => each.error !== undefined);
  return {
    contender,
    ...(good.length > 0 ? summary(good) : {}),
    ratio:
      contender === OURS || metric.ratio === false
        ? undefined
        : ratioTo(rounds, contender, key, metric),
    failures: failed.length,
    error: failed[0]?.error,
  };
}

function ratioTo(rounds, rival, key, metric) {
  const ratios = rounds
    .filter((round) => round[OURS].error === undefined && round[rival].error === undefined)
    .map((round) => round[OURS][key] / round[rival][key])
    .map((ratio) => (metric.better === 'more' ? ratio : 1 / ratio));
  return ratios.length === 0 ? undefined : median(ratios);
}

/** The rival that comes closest to us, or is ahead of us by the most. */
export function bestRival(block) {
  const rivals = block.rows.filter((row) => row.ratio !== undefined);
  return rivals.reduce((best, row) => (best && best.ratio <= row.ratio ? best : row), undefined);
}
