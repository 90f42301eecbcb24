/**
 * `npm run docs [-- --serve]`: builds the site into `site/dist`, checks its links, and looks at it in a Chromium.
 * With `--serve` it is served afterwards, on this machine only.
 *
 *     README, docs/, … -> prepare.mjs ---+
 *                                        +-> pages/ -> VitePress -> dist/ -> links.mjs -> look.mjs
 *     doc comments -> reference.mjs -----+
 */
import { parseArgs } from 'node:util';
import { build } from 'vitepress';
import { checkLinks } from './links.mjs';
import { look } from './look.mjs';
import { SITE } from './pages.mjs';
import { preparePages } from './prepare.mjs';
import { writeReference } from './reference.mjs';
import { serveSite } from './server.mjs';

const PORT = 4173;

const { values } = parseArgs({ options: { serve: { type: 'boolean', default: false } } });

preparePages();
await writeReference();
await build(SITE);
const { pages, links } = checkLinks();
console.log(`links: ${links}, on ${pages.length} pages, lead somewhere`);
console.log(await look(pages));
if (values.serve)
  console.log(`Served at ${(await serveSite(PORT)).origin} until you press Ctrl+C.`);
