/** How VitePress builds the pages that `../prepare.mjs` and `../reference.mjs` have written. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { contents, PAGES, SITE } from '../pages.mjs';
import { sidebar } from '../prepare.mjs';

/** Closed in the sidebar, unless the open page belongs to them. */
const LONG_GROUPS = new Set(['Options and types', 'Errors']);

function referenceSidebar() {
  const modules = JSON.parse(readFileSync(join(PAGES, 'reference/typedoc-sidebar.json'), 'utf8'));
  return modules.map(({ text, link, items = [] }) => ({
    text,
    link,
    items: items.map((group) => ({ ...group, collapsed: LONG_GROUPS.has(group.text) })),
  }));
}

/** The address of a heading as GitHub makes it, so that a link leads to it there and here. */
const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\-_ ]/gu, '')
    .replaceAll(' ', '-');

/** The search lists guides first, then the reference. VitePress sends this function to the browser as text. */
const boostDocument = (address) => {
  if (address.includes('/guide/')) return 3;
  return address.includes('/reference/') ? 2 : 1;
};

export default defineConfig({
  title: 'concurrent-futures',
  description:
    "Python's concurrent.futures for TypeScript: one Executor contract with real Futures, over threads, processes and many machines.",
  lang: 'en',
  srcDir: 'pages',
  outDir: 'dist',
  vite: { publicDir: join(SITE, 'public') },
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }]],
  markdown: { anchor: { slugify }, languageAlias: { cjs: 'js' } },
  themeConfig: {
    search: {
      provider: 'local',
      options: { miniSearch: { searchOptions: { boostDocument } } },
    },
    outline: [2, 3],
    nav: [
      ...contents
        .slice(0, 1)
        .map(({ title, pages }) => ({ text: title, link: `/${pages[0].address}` })),
      { text: 'Reference', link: '/reference/', activeMatch: '^/reference/' },
      ...contents.slice(1).map(({ title, address, pages }) => ({
        text: title,
        link: `/${pages[0].address}`,
        activeMatch: `^/${address}/`,
      })),
    ],
    sidebar: { ...sidebar(), '/reference/': referenceSidebar() },
  },
});
