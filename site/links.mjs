/**
 * Every link of the built site leads somewhere, its anchor included (VitePress checks pages, and no anchors); and
 * no page loads anything from another server.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BUILT } from './pages.mjs';

const LOADED =
  /<(?:script|img|source|iframe)[^>]*\ssrc="(?<src>[^"]*)"|<link[^>]*\shref="(?<href>[^"]*)"|(?:url\(|@import\s)\s*["']?(?<css>[^"')\s]+)/g;
const LINK = /<a[^>]*\shref="([^"]*)"/g;
const ID = /\sid="([^"]*)"/g;
const FOREIGN = /^(?:[a-z]+:)?\/\//i;

const filesOf = (extension) =>
  readdirSync(BUILT, { recursive: true })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(BUILT, name));

const decode = (text) =>
  decodeURIComponent(
    text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'"),
  );

function anchorsOf(html) {
  return new Set([...html.matchAll(ID)].map(([, id]) => decode(id)));
}

/** The file that a browser gets for a link of the page `file`. */
function targetOf(file, path) {
  if (path === '') return file;
  const target = path.startsWith('/') ? join(BUILT, path) : resolve(dirname(file), path);
  const isFolder = existsSync(target) && statSync(target).isDirectory();
  return isFolder ? join(target, 'index.html') : target;
}

function deadLinks(file, html, pages) {
  const problems = [];
  for (const [, href] of html.matchAll(LINK)) {
    if (/^[a-z]+:/i.test(href)) continue;
    const [path, anchor] = href.split('#').map(decode);
    const target = targetOf(file, path);
    if (!existsSync(target)) problems.push(`${href}: there is no such page`);
    else if (anchor !== undefined && anchor !== '' && pages.get(target)?.has(anchor) !== true)
      problems.push(`${href}: there is no such heading`);
  }
  return problems;
}

/** Addresses that a page or a stylesheet loads, and that are not part of the site. */
function notHere(file, text) {
  return [...text.matchAll(LOADED)]
    .map(({ groups: { src, href, css } }) => src ?? href ?? css)
    .filter((address) => !address.startsWith('data:'))
    .filter((address) => FOREIGN.test(address) || !existsSync(targetOf(file, address)))
    .map((address) => `${address}: is loaded, and is not part of the site`);
}

/** @returns the paths of the pages, and the number of links. @throws Error naming every dead link. */
export function checkLinks() {
  const texts = new Map(filesOf('.html').map((file) => [file, readFileSync(file, 'utf8')]));
  const pages = new Map([...texts].map(([file, html]) => [file, anchorsOf(html)]));
  const problems = [...texts].flatMap(([file, html]) =>
    [...deadLinks(file, html, pages), ...notHere(file, html)].map((each) => [file, each]),
  );
  for (const file of filesOf('.css'))
    problems.push(...notHere(file, readFileSync(file, 'utf8')).map((each) => [file, each]));
  if (problems.length > 0) {
    const lines = problems.map(([file, problem]) => `${file.slice(BUILT.length + 1)}: ${problem}`);
    throw new Error([...new Set(lines)].join('\n'));
  }
  const links = [...texts.values()].reduce((sum, html) => sum + [...html.matchAll(LINK)].length, 0);
  return { pages: [...texts.keys()].map((file) => file.slice(BUILT.length + 1)), links };
}
