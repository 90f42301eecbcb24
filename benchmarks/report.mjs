/** Tables: Markdown, with columns aligned so that they can be read in a terminal as well. */
import { bestRival, evaluate } from './evaluate.mjs';
import { OURS, titleOf } from './rivals/index.mjs';

/** Everything about one scenario, as lines. */
export function scenarioReport(result, scenario) {
  const blocks = evaluate(result, scenario);
  const lines = [`## ${scenario.title}`, '', scenario.about, ''];
  for (const { name } of scenario.cases) {
    const ofCase = blocks.filter((block) => block.case === name);
    const compared = ofCase.filter((block) => block.metric.ratio !== false);
    for (const block of compared) lines.push(heading(block), '', ...comparison(block), '');
    const others = ofCase.filter((block) => block.metric.ratio === false);
    if (others.length === 0) continue;
    if (compared.length === 0) lines.push(`**${name}**`, '');
    lines.push(...overview(others), '');
  }
  return [...lines, ...failureNotes(blocks)];
}

/** For each comparison: ours, and the rival that does best. */
export function summaryReport(results, scenarios) {
  const rows = results.flatMap((result, i) =>
    evaluate(result, scenarios[i])
      .filter((block) => block.metric.ratio !== false && bestRival(block) !== undefined)
      .map((block) => summaryRow(scenarios[i].title, block)),
  );
  return table(['scenario', 'ours', 'best of the others', 'ours is'], rows);
}

function summaryRow(title, block) {
  const best = bestRival(block);
  const ours = block.rows.find((row) => row.contender === OURS);
  const { unit, label } = block.metric;
  const what = [title, block.case, label].filter((part) => part !== undefined).join(', ');
  return [
    what,
    `${number(ours.median)} ${unit}`,
    `${titleOf(best.contender)}: ${number(best.median)} ${unit}`,
    times(best.ratio),
  ];
}

function heading({ case: name, metric }) {
  const label = metric.label === undefined ? '' : `, ${metric.label}`;
  return `**${name}${label}** (${metric.unit}, ${metric.better} is better)`;
}

function comparison({ rows }) {
  return table(
    ['', 'median', 'min – max', 'ours is'],
    rows.map((row) => [
      titleOf(row.contender) + (row.failures > 0 ? ' ⚠' : ''),
      row.median === undefined ? 'failed' : number(row.median),
      row.median === undefined ? '' : `${number(row.min)} – ${number(row.max)}`,
      row.ratio === undefined ? '' : times(row.ratio),
    ]),
  );
}

function overview(blocks) {
  const [{ rows: first }] = blocks;
  if (first.length === 1 && blocks.length > 4) {
    return table(
      ['', 'median (min – max)'],
      blocks.map(({ metric, rows: [only] }) => [
        `${metric.label} (${metric.unit})`,
        valueWithSpread(only),
      ]),
    );
  }
  const header = ['', ...blocks.map(({ metric }) => `${metric.label} (${metric.unit})`)];
  const rows = blocks[0].rows.map(({ contender }, i) => [
    titleOf(contender),
    ...blocks.map(({ rows: each }) => valueWithSpread(each[i])),
  ]);
  return table(header, rows);
}

function valueWithSpread({ median, min, max }) {
  if (median === undefined) return 'failed';
  return min === max ? number(median) : `${number(median)} (${number(min)} – ${number(max)})`;
}

function failureNotes(blocks) {
  const notes = blocks.flatMap((block) =>
    block.rows
      .filter((row) => row.failures > 0)
      .map(
        (row) =>
          `⚠ ${titleOf(row.contender)}, ${block.case}: ${row.failures} of the runs failed: ${row.error}`,
      ),
  );
  return notes.length === 0 ? [] : [...new Set(notes), ''];
}

/** The first column to the left, all others to the right. */
function table(header, rows) {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column].length), 3));
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(header), rule, ...rows.map(line)];
}

/** Three digits are all that a median of a few rounds is worth. */
function number(value) {
  // Such as calls, which are counted and not measured.
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  if (Math.abs(value) >= 1000) {
    return Number(value.toPrecision(3)).toLocaleString('en-US');
  }
  return Math.abs(value) < 0.005 ? '0' : String(Number(value.toPrecision(3)));
}

function times(ratio) {
  return `${number(ratio)}×`;
}
