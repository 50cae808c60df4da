import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const door = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // The code of README.md and docs/ imports castcall by name and is run from there (test/docs).
    alias: [
      { find: /^castcall$/, replacement: door('index.ts') },
      { find: /^castcall\/(delivery|testing)$/, replacement: door('$1/index.ts') },
      { find: /^castcall\/(observe|supervisor)$/, replacement: door('$1/public.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 10_000,
    hookTimeout: 10_000,
    pool: 'forks',
    execArgv: ['--expose-gc'],
    typecheck: {
      enabled: true,
      include: ['test/**/*.test-d.ts'],
      tsconfig: './tsconfig.json',
    },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
    },
  },
});
