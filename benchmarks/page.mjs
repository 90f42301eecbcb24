/** A page of results: the text of its kind, then tables from one complete run. */
import { scenarioReport, summaryReport } from './report.mjs';

export function page(kind, facts, results, scenarios) {
  return [
    kind.text.trimEnd(),
    '',
    '## Where the numbers below come from',
    '',
    ...machineReport(facts),
    '',
    ...(kind.packages.length > 0 ? inShort(results, scenarios) : []),
    ...results.flatMap((result, i) => scenarioReport(result, scenarios[i])),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function inShort(results, scenarios) {
  return [
    '## In short',
    '',
    'Each line compares us with the rival that does best in it. Above 1× is in our favour.',
    '',
    ...summaryReport(results, scenarios),
    '',
  ];
}

export function machineReport(facts) {
  const versions = Object.entries(facts.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- ${facts.cpu}, ${facts.cores} cores, ${facts.memory}; ${facts.system}; Node ${facts.node}`,
    `- ${[...versions, `ours at commit ${facts.commit}`].join(', ')}`,
    `- ${facts.date}, ${facts.rounds}; load average before ${facts.loadBefore}, after ${facts.loadAfter}`,
    ...facts.notes.map((note) => `- ${note}`),
  ];
}
