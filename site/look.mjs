/**
 * Opens the built site in a headless Chromium, with no network: it resolves no name, and a request to any other
 * server is a problem.
 *
 *     three pages     light and dark, wide and narrow; a picture of each in `pictures/`
 *     all pages       narrow: no error in the console, nothing wider than the screen
 *     the search      finds a name of the reference and leads to it
 *
 * Without a Chromium nothing is opened, and the log has a line about it.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { addresses, SITE } from './pages.mjs';
import { serveSite } from './server.mjs';

const PICTURES = join(SITE, 'pictures');
const WIDTHS = { wide: 1280, narrow: 380 };
const HEIGHT = 900;
const SEARCHED = 'submit';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

function findChromium() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const inPath = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [process.env['CHROMIUM'] ?? '', ...inPath].find((file) => existsSync(file));
}

/** Starts a server and the browser. `problems` collects a line for each problem. */
async function start(executablePath) {
  const { server, origin } = await serveSite(0);
  // Chromium makes no sandbox for root, and CI may run as root. The browser opens no page but those of the site.
  const args = ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];
  const browser = await chromium.launch({ executablePath, args });
  const stop = async () => {
    await browser.close();
    server.close();
  };
  return { browser, origin, problems: [], stop };
}

/** Opens a page of the browser, and collects its problems. */
async function open({ browser, origin, problems }, colorScheme, width) {
  const viewport = { width, height: HEIGHT };
  const context = await browser.newContext({ colorScheme, viewport, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const report = (problem) => problems.push(`${page.url().slice(origin.length)}: ${problem}`);
  page.on('request', (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(`${origin}/`))
      report(`it asks for ${request.url()}`);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) report(message.text());
  });
  page.on('pageerror', (error) => report(error.message));
  return { page, origin, report, close: () => context.close() };
}

/** Opens a page, and waits until it has its event handlers. */
async function load({ page, origin }, address) {
  await page.goto(`${origin}/${address}`);
  await page.waitForFunction(() => '__vue_app__' in document.querySelector('#app'));
}

async function visit(opened, address) {
  await load(opened, address);
  const excess = await opened.page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (excess > 0) opened.report(`it is ${excess} pixels wider than the screen`);
}

async function takePictures(session, shown) {
  for (const scheme of ['light', 'dark']) {
    for (const [name, width] of Object.entries(WIDTHS)) {
      const opened = await open(session, scheme, width);
      for (const [title, address] of Object.entries(shown)) {
        await visit(opened, address);
        await opened.page.evaluate(() => document.fonts.ready);
        await opened.page.screenshot({ path: join(PICTURES, `${title}-${scheme}-${name}.png`) });
      }
      await opened.close();
    }
  }
}

async function visitAll(session, pages) {
  const opened = await open(session, 'light', WIDTHS.narrow);
  for (const address of pages) await visit(opened, address);
  await opened.close();
}

async function search(session, [name, width]) {
  const opened = await open(session, 'light', width);
  const { page } = opened;
  await load(opened, '');
  await page.locator('#local-search button').click();
  await page.locator('#localsearch-input').fill(SEARCHED);
  const result = page.locator('.VPLocalSearchBox .result').first();
  await result.waitFor();
  await page.screenshot({ path: join(PICTURES, `search-light-${name}.png`) });
  await result.click();
  await page.waitForURL((url) => url.pathname !== '/');
  const text = (await page.locator('main').textContent()) ?? '';
  if (!text.includes(SEARCHED))
    opened.report(`the search for ${SEARCHED} leads to a page without it`);
  await opened.close();
}

/** @param all the addresses of all pages. @returns a line for the log. */
export async function look(all) {
  const executablePath = findChromium();
  if (executablePath === undefined)
    return 'look: skipped, because there is no Chromium in PATH or in CHROMIUM';
  rmSync(PICTURES, { recursive: true, force: true });
  mkdirSync(PICTURES, { recursive: true });
  const session = await start(executablePath);
  try {
    const guide = `${addresses.get('docs/guide/cluster.md')}.html`;
    await takePictures(session, { home: '', guide, reference: 'reference/Future.html' });
    await visitAll(session, all);
    for (const width of Object.entries(WIDTHS)) await search(session, width);
  } finally {
    await session.stop();
  }
  const { problems } = session;
  if (problems.length > 0) throw new Error([...new Set(problems)].join('\n'));
  return `look: ${all.length} pages, in a Chromium without a network; pictures in site/pictures`;
}
