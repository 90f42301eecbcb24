/** What functions.md says before its numbers. */
export const text = `# Benchmarks: what functions cost

Ours alone: no other pool for Node takes any function. What it costs to find one or to pack it, to make it anew in a
worker, and to call it there. How to run this, and how it is measured, is in [README.md](README.md): a process for each
measurement, several rounds, medians. This page is written by \`npm run bench -- --functions --write\`.

- **By reference**: a worker imports the function; found once, and from then on known by number.
- **By value**: source and captured variables are packed for each \`submit\`, for \`map\` once. One look inside a function
  is three questions to the inspector, which answers in JSON.
- A function that takes nothing from outside is packed once and then called like a reference, if it is the same object.
`;
