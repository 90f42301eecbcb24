/** What tables of a page say, and what the code says of the same. */
import assert from 'node:assert/strict';

/** The cells of each row of each table, without the lines between head and body. */
export function rowsOf(page: string): string[][] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s:-]+$/.test(line))
    .map((line) =>
      line
        .replaceAll(String.raw`\|`, '\0')
        .split('|')
        .slice(1, -1),
    )
    .map((cells) => cells.map((cell) => cell.replaceAll('\0', '|').trim()));
}

/** What stands in the column of defaults, in the first row that is about this option. */
export function defaultOf(page: string, option: string, column = 1): string {
  const row = rowsOf(page).find(([first = '']) => first.includes(`\`${option}\``));
  assert.ok(row !== undefined, `there is no row for ${option}`);
  return row[column] ?? '';
}

/** The number at the beginning of a text, which may have blanks between its digits. */
export function numberIn(text: string): number {
  return Number(/^\d[\d ]*/.exec(text)?.[0].replaceAll(' ', ''));
}

/** The options that there are, as the error about one that there is not lists them. */
export function listedOptions(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    const [, list] = /Known options: (.*)\.$/.exec(String(error)) ?? [];
    if (list !== undefined) return list.split(', ');
  }
  throw assert.fail('an option that there is not was taken');
}
