/** Writes the pages that VitePress reads: those of the repository, with the links that they have on the site. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { composeHome } from './home.mjs';
import { rewrite, titleOf } from './markdown.mjs';
import { addresses, checkContents, contents, HOME, PAGES, REPOSITORY } from './pages.mjs';

function write(address, text) {
  const file = join(PAGES, `${address}.md`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The sidebar of each section: `{ '/guide/': [{ text, items: [{ text, link }] }] }`. */
function sidebarOf({ title, address, pages }) {
  const items = pages.map((page) => ({
    text: titleOf(readFileSync(join(REPOSITORY, page.file), 'utf8'), page.file),
    link: `/${page.address}`,
  }));
  return [`/${address}/`, [{ text: title, items }]];
}

export const sidebar = () => Object.fromEntries(contents.map(sidebarOf));

export function preparePages() {
  checkContents();
  rmSync(PAGES, { recursive: true, force: true });
  for (const [file, address] of addresses) {
    const text = rewrite(readFileSync(join(REPOSITORY, file), 'utf8'), file);
    write(address, file === HOME ? composeHome(text, contents[0].pages[0].address) : text);
  }
}
