/**
 * The layer rule of `src/`: an import points to the left in this line, or stays in its own folder.
 *
 *     util → errors, events → future, codec, protocol, functions, source, lookup, closure → executor | worker
 *          → thread | process | cluster | inline → current-executor, current-signal, host → cli
 *
 * Folders divided by `|` never import each other. Type imports count as well: they cost nothing at
 * run time, but they are what keeps a lower layer from being understood and changed on its own.
 * `index.ts`, `cluster.ts` and `register.ts` are the public faces and may import everything.
 */
const layers = [
  { folders: ['util'] },
  { folders: ['errors', 'events'] },
  { folders: ['future', 'codec', 'protocol', 'functions', 'source', 'lookup', 'closure'] },
  { folders: ['executor', 'worker'], apart: true },
  { folders: ['thread', 'process', 'cluster', 'inline'], apart: true },
  { folders: ['current-executor', 'current-signal', 'host'] },
  { folders: ['cli'] },
];

/** Not to be taken for the folder `cluster`. */
const faces = '^src/(index|cluster|register)\\.ts$';

const within = (...folders) => `^src/(${folders.join('|')})(/|\\.ts$)`;
const folders = layers.flatMap((layer) => layer.folders);

const pointsRight = layers.slice(0, -1).map((layer, index) => ({
  name: `${layer.folders.join('+')}-imports-to-the-right`,
  severity: 'error',
  from: { path: within(...layer.folders), pathNot: faces },
  to: {
    path: within('index', ...layers.slice(index + 1).flatMap((higher) => higher.folders)),
  },
}));

const crossesOver = layers
  .filter((layer) => layer.apart)
  .flatMap((layer) =>
    layer.folders.map((folder) => ({
      name: `${folder}-imports-a-sibling`,
      severity: 'error',
      from: { path: within(folder), pathNot: faces },
      to: { path: within(...layer.folders.filter((sibling) => sibling !== folder)) },
    })),
  );

export default {
  forbidden: [
    ...pointsRight,
    ...crossesOver,
    {
      name: 'worker-loads-the-caller-side',
      comment: 'Loaded at every start of a worker, so it must not pull in what only callers need.',
      severity: 'error',
      from: { path: [within('worker'), '-entry\\.ts$'] },
      to: { path: within('future', 'executor'), reachable: true },
    },
    {
      name: 'folder-without-a-layer',
      comment: 'A new folder has to be given its place in the table at the top of this file.',
      severity: 'error',
      from: { path: '^src/', pathNot: [faces, within(...folders)] },
      to: {},
    },
    {
      name: 'cycle',
      comment: 'Files that only name each other in types are fine: nothing is loaded in a circle.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'runtime-dependency',
      comment: 'The package has none; bullmq is an optional peer, for the cluster alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cluster|host)/' },
      to: { dependencyTypesNot: ['core', 'local', 'type-only'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
