export const ENTRIES: readonly string[];
export function publicApi(): Readonly<Record<string, string>>;
