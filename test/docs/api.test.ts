import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/api.mjs', import.meta.url));

describe('docs/api.txt', () => {
  it('is what the package exports: a change of the surface is seen in review', { timeout: 60_000 }, () => {
    expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
  });
});
