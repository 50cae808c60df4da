import { fieldOf } from './foreign.js';

/** The version of this package; a test compares it with package.json. */
export const VERSION = '0.2.0';

/** Every copy of the library in a program marks what it makes with it, each with an object of its own. */
const COPY: unique symbol = Symbol.for('castcall.copy');
const OURS: { readonly version: string } = { version: VERSION };

/** Instances are known as made by this copy of the library. */
export function markOurs(prototype: object): void {
  Object.defineProperty(prototype, COPY, { value: OURS });
}

export function isOfThisCopy(value: unknown): boolean {
  return (value as { readonly [COPY]?: unknown } | null | undefined)?.[COPY] === OURS;
}

/** What to tell of something that another copy of the library made; undefined for everything else. */
export function otherCopy(value: unknown): string | undefined {
  const copy = fieldOf(value, COPY);
  if (copy === undefined || copy === OURS) return undefined;
  const version = fieldOf(copy, 'version');
  const which = typeof version === 'string' ? `version ${version}` : 'of a version that is not known';
  return `another copy of castcall made it (${which}, this one is ${VERSION}), and a program needs one: \`npm ls castcall\` tells who brings which`;
}
