import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import manifest from './package.json' with { type: 'json' };

/** What a package imports as `castcall` and `castcall/…`, and the source of it. */
const doors = Object.entries(manifest.exports).flatMap(([path, target]) => (typeof target === 'string' ? [] : [{
  find: new RegExp(`^${path.replace('.', 'castcall')}$`),
  replacement: fileURLToPath(new URL(
    target.default.replace('./dist/', './src/').replace(/\.js$/, '.ts'), import.meta.url,
  )),
}]));

/**
 * Folders whose test files share a process, each folder with itself: to load the library once and not
 * for every file takes a third of the time. They are told apart, so that none grows old in it.
 */
const TOGETHER = [
  'base', 'mailbox', 'process', 'router', 'behaviour', 'supervisor', 'delivery', 'bus', 'activation', 'journal',
  'system', 'examples', 'observe',
];

/** What a test looks at that the others in its process would change: memory, time, signals, programs. */
const WHOLE_PROGRAM = new RegExp([
  '\\bgc\\b', 'performance\\.now', 'hrtime', 'cpuUsage', 'memoryUsage', 'useFakeTimers',
  'process\\.(on|once|env|emit)\\b', 'spawnSync', 'Worker\\(', 'program\\(', '\\d00,000', '\\d00_000',
].join('|'));

const here = TOGETHER.flatMap((folder) => readdirSync(`test/${folder}`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${folder}/${name.replaceAll('\\', '/')}`));
const alone = here.filter((file) => WHOLE_PROGRAM.test(readFileSync(file, 'utf8')));

export default defineConfig({
  resolve: {
    // The code of README.md and docs/ imports castcall by name and is run from there (test/docs).
    alias: doors,
  },
  test: {
    testTimeout: 10_000,
    hookTimeout: 10_000,
    // what is waited for comes in ms: a machine that is busy may take seconds
    expect: { poll: { timeout: 8_000, interval: 5 } },
    pool: 'forks',
    execArgv: ['--expose-gc'],
    projects: [
      ...TOGETHER.map((folder) => ({
        extends: true as const,
        test: { name: folder, isolate: false, include: [`test/${folder}/**/*.test.ts`], exclude: alone },
      })),
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: here.filter((file) => !alone.includes(file)),
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
    },
  },
});
