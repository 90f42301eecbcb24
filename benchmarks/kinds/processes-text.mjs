/** What processes.md says before its numbers. */
export const text = `# Benchmarks: pools of processes

\`ProcessPoolExecutor\` beside the other pools for Node that use child processes, and beside Python's own
\`ProcessPoolExecutor\`. How to run this, and how it is measured, is in [README.md](README.md): a process for each
measurement, interleaved rounds, ratios within a round. This page is written by
\`npm run bench -- --processes --write\`; to change its text, change \`kinds/processes-text.mjs\` or the scenario.

## What is fair, and what isn't

- **The same tasks** (\`workers/work.mjs\`), handed to each pool in the way its documentation recommends; in Python those of
  \`python/work.py\`, which do the same.
- **Settings are the fastest documented ones:** a fixed number of workers, started before the clock. The others send JSON
  where the values are small: that made them faster by 7 to 60 % in all but one of 19 comparisons, but makes \`{}\` of a \`Map\`
  and drops what is \`undefined\`. Where the value is an array of bytes, which JSON has no form for, they send
  structured clones. Ours keeps what a structured clone keeps, everywhere. Tinypool has a second entry where it matters,
  which sends each worker up to 100 tasks ahead.
- **CPython** is called with \`submit\`, one call at a time as the others are; its \`map\` with a \`chunksize\` would send many in
  one message. Its workers are started in its default way, which on Linux is a fork of the caller up to Python 3.13: they
  share the caller's memory and start with everything imported. Its values are pickled.
- **Slow pools make fewer calls.** In the bursts, nobody makes more calls at once than fit into 400 ms at the rate of its own
  warm-up; a shorter queue is no disadvantage.
- **Not compared** is what a pool does when a worker dies, or a call is cancelled or takes too long: no question of time.
- **In our favour:** most scenarios are about small calls. We send many in one message, the others one by one; the longer a task
  takes, the less that matters.
- **Linux only:** the CPU time, memory and zombies of child processes are read from \`/proc\`.
- **Two cores** mean that the caller and two workers share them: the numbers of a larger machine differ.
`;
