/** A module that others import: workers import it as well. */
import process from 'node:process';
import { threadId } from 'node:worker_threads';

function half(value: number): number {
  return value / 2;
}

export function halfOf(value: number): number {
  return half(value);
}

export const twice = (value: number): number => value * 2;

export async function later(value: string): Promise<string> {
  return Promise.resolve(`${value}, later`);
}

function inside(): string {
  return 'by another name';
}
export { inside as outside };

export default function byDefault(): string {
  return 'by default';
}

export class Shape {
  readonly sides: number;
  constructor(sides: number) {
    this.sides = sides;
  }
  describe(): string {
    return `${this.sides} sides`;
  }
  static square(this: void): string {
    return new Shape(4).describe();
  }
}

export const tools = {
  join(this: void, ...parts: string[]): string {
    return parts.join('-');
  },
};

const adder = (step: number) => (value: number) => value + step;
export const addOne = adder(1);
export const addTen = adder(10);

export function threadOf(): string {
  return `${process.pid} ${threadId}`;
}

export { notExported as reachNotExported };
function notExported(): () => string {
  return () => half(8).toFixed(1);
}
