// The runnable code of a Markdown page: every fenced block marked ```ts run.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import ts from 'typescript';
import { root } from './doors.js';

export interface Block {
  /** `docs/semantics.md:40`, where the code begins */
  readonly place: string;
  readonly code: string;
  /** what the `// =>` comments say is printed, in order */
  readonly prints: readonly string[];
}

/**
 * The blocks of a page that are executed; a page's other fences are shell commands, tables of text,
 * and the like.
 */
export function runnable(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts run\n([\s\S]*?)^```$/gm)].map((match) => {
    const code = match[1] ?? '';
    return {
      place: `${page}:${text.slice(0, match.index).split('\n').length + 1}`,
      code,
      prints: [...code.matchAll(/\/\/ => (.*)$/gm)].map((line) => line[1] ?? ''),
    };
  });
}

/** Every TypeScript fence of a page, marked or not: none may hide from the tests. */
export function fences(page: string): string[] {
  return [...readFileSync(join(root, page), 'utf8')
    .matchAll(/^```((?:ts|typescript|js|javascript)\b.*)$/gm)].map(
    (match) => match[1] ?? '',
  );
}

/**
 * Runs a block as a module of its own and returns what it printed; 'castcall' is this repository's src
 * (vitest.config.ts).
 */
export async function printed(block: Block): Promise<string[]> {
  const lines: string[] = [];
  const key = `castcall docs ${block.place}`;
  const scope = globalThis as unknown as Record<string, unknown>;
  scope[key] = { log: (...values: unknown[]) => { lines.push(...format(...values).split('\n')); } };
  mkdirSync(join(root, '.build'), { recursive: true });
  const folder = mkdtempSync(join(root, '.build/docs-'));
  try {
    const path = join(folder, 'page.mjs');
    writeFileSync(path, `const console = globalThis[${JSON.stringify(key)}];\n${strip(block.code)}`);
    await import(/* @vite-ignore */ path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    delete scope[key];
  }
  return lines;
}

/** Types off, and `await using` down to what Node 20 knows. */
function strip(code: string): string {
  return ts.transpileModule(
    code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } },
  ).outputText;
}
