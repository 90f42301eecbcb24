/** The links of a Markdown page, and the anchors that its headings give. */

export interface Link {
  readonly line: number;
  readonly target: string;
}

/** What is not in a block or a span of code, line by line. */
function proseOf(text: string): string[] {
  let isCode = false;
  return text.split('\n').map((line) => {
    const isFence = /^\s*```/.test(line);
    const prose =
      isCode || isFence ? '' : line.replace(/`[^`]*`/g, (code) => code.replace(/[[\]()]/g, ' '));
    if (isFence) isCode = !isCode;
    return prose;
  });
}

/** Links to other pages and to places in them; those that lead to the web are left out. */
export function linksOf(text: string): Link[] {
  return proseOf(text)
    .flatMap((line, index) =>
      Array.from(line.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => ({
        line: index + 1,
        target,
      })),
    )
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** Paths of the repository in spans of code: what is below one of `folders`, patterns and placeholders left out. */
export function pathsOf(text: string, folders: readonly string[]): Link[] {
  return text.split('\n').flatMap((line, index) =>
    Array.from(line.matchAll(/`([\w.-]+\/[\w./-]*)`/g), ([, target = '']) => ({
      line: index + 1,
      target,
    })).filter(({ target }) => folders.includes(target.slice(0, target.indexOf('/')))),
  );
}

/** As GitHub makes them: lower case, no punctuation, `-` for a blank, a number for one that was there before. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const line of proseOf(text)) {
    const [, heading] = /^#{1,6} (.*)$/.exec(line) ?? [];
    if (heading === undefined) continue;
    const plain = heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '');
    const base = plain.replace(/\s/g, '-');
    let anchor = base;
    for (let i = 1; anchors.has(anchor); i++) anchor = `${base}-${i}`;
    anchors.add(anchor);
  }
  return anchors;
}
