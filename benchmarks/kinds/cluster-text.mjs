/** What cluster.md says before its numbers. */
export const text = `# Benchmarks: clusters

\`ClusterExecutor\` with a host beside the engine that it is built on, BullMQ, used by itself; and what happens to calls when
something dies. How to run this, and how it is measured, is in [README.md](README.md): a process for each measurement,
interleaved rounds, ratios within a round. Here each measurement has a Redis of its own besides, on loopback, which writes its
log once a second (\`appendfsync everysec\`), and a process for each host. This page is written by
\`npm run bench -- --cluster --write\`; to change its text, change \`kinds/cluster-text.mjs\` or the scenario.

## What is fair, and what isn't

- **BullMQ at its best:** jobs of one turn of the event loop are added with \`addBulk\`, up to 1 000 at a time, one by itself
  with \`add\`; a Worker that takes 10, 50 or 100 jobs at a time (with 1 and with 300 it was slower); outcomes by
  \`QueueEvents\`, as ours; outcomes and as many events kept as ours. Where an event is lost, it waits for ever; ours looks up
  what has become of the call.
- **Against us:** its tasks run in the process that talks to Redis, and ours on a thread beside it, because a task that takes
  its time must not cost the host its leases. A job of ours says which function of which module is meant, and a hash of its
  code.
- **Two cores** for whoever submits, Redis and the host, which are three busy processes: these numbers are those of
  the processor time that a call takes in all three. On a larger machine Redis, which has one thread, is the limit for both.
`;
