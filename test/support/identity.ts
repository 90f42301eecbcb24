/**
 * Compares the identity of objects in a value, which `deepStrictEqual` ignores.
 *
 * @returns for each object in order of visit, the number of its first visit.
 */
export function identities(value: unknown): number[] {
  const numbers = new Map<object, number>();
  const trace: number[] = [];
  const visit = (each: unknown): void => {
    if (typeof each !== 'object' || each === null) return;
    const known = numbers.get(each);
    trace.push(known ?? numbers.size);
    if (known !== undefined) return;
    numbers.set(each, numbers.size);
    if (ArrayBuffer.isView(each)) return visit(each.buffer);
    if (each instanceof Map) for (const entry of each) entry.forEach(visit);
    if (each instanceof Set) for (const item of each) visit(item);
    for (const key of Object.keys(each)) visit((each as Record<string, unknown>)[key]);
  };
  visit(value);
  return trace;
}
