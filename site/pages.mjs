/**
 * Every page of the site that is written by hand: its file in the repository, and its address.
 *
 *     section        where its files are, and their names in the order of the sidebar
 *     address        `<section's address>/<name>`, without `.md`
 *
 * The title of a page in the sidebar is its first heading. A page below `docs/` that is missing or not listed
 * here fails the build, so that every page can be found.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const SITE = dirname(fileURLToPath(import.meta.url));
export const REPOSITORY = dirname(SITE);
/** The input of VitePress. Each build writes it anew. */
export const PAGES = join(SITE, 'pages');
export const BUILT = join(SITE, 'dist');

export const HOME = 'README.md';

const below = (folder, ...names) =>
  Object.fromEntries(names.map((name) => [name, `${folder}/${name}.md`]));

const sections = [
  {
    title: 'Guides',
    address: 'guide',
    files: {
      ...below('docs/guide', 'run-a-function', 'many-items', 'cancel', 'errors'),
      ...below('docs/guide', 'processes', 'cluster', 'deploy', 'test'),
    },
  },
  {
    title: 'Comparisons',
    address: 'comparisons',
    files: {
      python: 'docs/parity.md',
      threads: 'benchmarks/README.md',
      processes: 'benchmarks/processes.md',
      functions: 'benchmarks/functions.md',
      cluster: 'benchmarks/cluster.md',
    },
  },
  {
    title: 'Design',
    address: 'design',
    files: {
      architecture: 'ARCHITECTURE.md',
      ...below('docs/design', 'transport', 'processes', 'cluster', 'functions', 'trust'),
      ...below('docs/design', 'how-to-add-a-backend', 'how-to-add-an-option-a-type-or-an-event'),
    },
  },
  {
    title: 'Project',
    address: 'project',
    files: {
      changes: 'CHANGELOG.md',
      security: 'SECURITY.md',
      contributing: 'CONTRIBUTING.md',
      conduct: 'CODE_OF_CONDUCT.md',
    },
  },
];

/** `{ title, address, pages: { file, address }[] }[]`, in the order of the site. */
export const contents = sections.map(({ title, address, files }) => ({
  title,
  address,
  pages: Object.entries(files).map(([name, file]) => ({ file, address: `${address}/${name}` })),
}));

/** The address of each page by its file in the repository. */
export const addresses = new Map([
  [HOME, 'index'],
  ...contents.flatMap(({ pages }) => pages.map(({ file, address }) => [file, address])),
]);

function pagesBelow(folder) {
  return readdirSync(join(REPOSITORY, folder), { recursive: true })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((file) => file.endsWith('.md'));
}

/** @throws Error if a page is missing or not listed. */
export function checkContents() {
  const missing = [...addresses.keys()].filter((file) => !existsSync(join(REPOSITORY, file)));
  const unlisted = pagesBelow('docs').filter((file) => !addresses.has(file));
  const problems = [
    ...missing.map((file) => `${file} is listed in site/pages.mjs, but there is no such file.`),
    ...unlisted.map((file) => `${file} is not listed in site/pages.mjs.`),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
