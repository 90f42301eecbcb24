/** Serves the built site, on this machine only. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, sep } from 'node:path';
import { BUILT } from './pages.mjs';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** @returns undefined if the site has no such file. */
function fileFor(address) {
  const path = join(BUILT, decodeURIComponent(new URL(address, 'http://localhost').pathname));
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'index.html') : path;
  // An encoded slash can hide a `..` that leaves the folder.
  return existsSync(file) && file.startsWith(BUILT + sep) ? file : undefined;
}

function answer(request, response) {
  const file = fileFor(request.url);
  const type = TYPES[extname(file ?? '404.html')] ?? 'application/octet-stream';
  // The names of assets change with their contents.
  const isAsset = request.url.startsWith('/assets/');
  response.writeHead(file === undefined ? 404 : 200, {
    'content-type': type,
    'cache-control': isAsset ? 'max-age=3600' : 'no-cache',
  });
  response.end(readFileSync(file ?? join(BUILT, '404.html')));
}

/** @param port 0: any that is free. @returns the server and its address. */
export async function serveSite(port) {
  const server = createServer(answer);
  await new Promise((listens, fails) => {
    server.once('error', fails);
    server.listen(port, '127.0.0.1', listens);
  });
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}
