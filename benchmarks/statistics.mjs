/** The few statistics that a report needs; none of them is moved by a single outlier. */

/** Linear between the two nearest values. */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).toSorted();
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at % 1);
}

export function median(values) {
  return quantile(values, 0.5);
}

/** What is shown of the samples that the rounds gave. */
export function summary(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
