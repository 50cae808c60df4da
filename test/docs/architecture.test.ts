import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rooms } from '../layers/layers.js';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/architecture.md', root), 'utf8');

describe('docs/architecture.md', () => {
  it('names files that exist', () => {
    const named = [...new Set(text.match(/\b(?:src|test)\/[\w/.-]+\.ts\b/g))];
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });

  it('names every room', () => {
    const all =
      Object.entries(rooms)
        .flatMap(([folder, byRoom]) => Object.keys(byRoom).map((room) => `\`${folder}/${room}\``));
    expect(all.filter((room) => !text.includes(room))).toEqual([]);
  });

  it('walks a cast, a call, a delivery and a crash by functions that those files have', () => {
    for (const [path, names] of Object.entries(WALKED)) {
      const source = readFileSync(new URL(path, root), 'utf8');
      expect(names.filter((name) => !new RegExp(`\\b${name}(?:<[^(]*>)?\\(`).test(source)), path).toEqual([]);
      for (const name of names) expect(text).toContain(`\`${name}\``);
    }
  });
});

/** The functions that the walks name, by file. */
const WALKED: Readonly<Record<string, readonly string[]>> = {
  'src/behaviour/gen/ref.ts': ['cast', 'castSlowly', 'call', 'performCall'],
  'src/process/send/accept.ts': ['accept'],
  'src/process/kernel/loop.ts': ['step', 'park'],
  'src/behaviour/gen/server/server.ts': ['handle', 'after'],
  'src/router/request/request.ts': ['request', 'reply', 'calleeEnded'],
  'src/delivery/guarantee/delivery.ts': ['send', 'takeBack'],
  'src/delivery/guarantee/accept.ts': ['accept', 'again'],
  'src/delivery/guarantee/attempt.ts': ['begin', 'threw', 'decide'],
  'src/delivery/guarantee/settle.ts': ['conclude'],
  'src/process/kernel/exit.ts': ['exitProcess'],
  'src/supervisor/static/engine.ts': ['info'],
};
