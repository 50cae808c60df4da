import { fileURLToPath } from 'node:url';

/** A program that is one file, from scripts/program.mjs: what it takes to start one is most of a proof's time. */
export function lifeProgram(name: 'store' | 'agents' | 'things'): string {
  return fileURLToPath(new URL(`../../../lives/${name}.js`, import.meta.url));
}
