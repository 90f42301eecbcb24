/** What README.md says before its numbers. */
export const text = `# Benchmarks

The built package beside the other worker pools for Node: same run, same tasks, medians of several rounds. This page has the
pools of threads; those of processes, Python's among them, have [a page of their own](processes.md), and so has [the cluster](cluster.md). This one is
written by \`npm run bench -- --threads --write\`; to change its text, change \`kinds/threads-text.mjs\` or the scenario.

## How to run them

In the root folder, after \`npm ci\`:

    npm run bench                                   everything, about half an hour
    npm run bench -- --threads                      pools of threads only; or --processes, --functions, --cluster
    npm run bench -- --scenario burst,echo          some of the scenarios
    npm run bench -- --rounds 9 --json out.json     more rounds; all samples into a file
    npm run bench -- --rivals piscina               only us and who is named; 'none' for us alone
    npm run bench -- --write                        everything, and all pages from the results

The machine should have nothing else to do. With as many cores as workers, another busy process costs the pools whose
callers watch for results more than those whose callers sleep.

## What is fair, and what isn't

- **One process for each measurement.** Every contender gets a fresh process per round, case and scenario, so it inherits
  nothing: no compiled code that was specialised for somebody else, no grown heap, no threads that are slow to end. No two
  pools ever exist at the same time. Every process warms up before it measures, except where starting is what's measured.
- **Interleaved.** In a round every contender runs once, in an order that moves on by one from round to round. Ratios
  are taken within a round, so a machine that is slower for a while does not favour anybody. The ratio is the
  median of these and need not be that of the medians.
- **The same tasks** (\`workers/work.mjs\`), handed to each pool in the way its documentation recommends. They take one
  argument, because some pools carry just one.
- **Settings are the best documented ones:** a fixed number of threads, started before the clock; Piscina without its
  recording of timings, with \`atomics: 'sync'\`, and as a second entry with \`atomics: 'async'\` where it matters; Poolifier
  without events, and where it matters as a second entry with its queue; workerpool with a script of its own.
- **Not compared is what differs in kind.** Piscina (\`sync\`) and Tinypool block the event loop of an idle worker (see the
  idle pool below); that of the others, and of ours, goes on. What a pool does when a worker dies, or a call is
  cancelled, is no question of time and not in here.
- **In our favour:** most scenarios are about small calls, which is what we were made for. The longer a task takes, the less
  it matters which pool runs it. We also trade processor time for it: a caller with a call under way
  watches for its result for some microseconds before it sleeps.
- **Called by their module:** our tasks are, as the others name a file. A task that is tagged with task() costs the same per
  call, but makes its worker load this package when it starts, which takes about 7 ms.
- **Two cores** mean that the calling thread and two workers share them: the numbers of a larger machine differ.
`;
