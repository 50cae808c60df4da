import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { VERSION } from '../../../src/base/text/copy.js';
import * as first from '../../../src/index.js';
import { testSystem } from '../../support/system.js';

test('the version is that of package.json, and the changelog begins with it', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string,
  };
  expect(VERSION).toBe(version);
  const changelog = readFileSync(new URL('../../../CHANGELOG.md', import.meta.url), 'utf8');
  expect(/^## (\d\S*)/m.exec(changelog)?.[1]).toBe(version);
});

describe('two copies of the library in one program', () => {
  let second: typeof first;
  beforeAll(async () => {
    vi.resetModules();
    second = await import('../../../src/index.js');
  });
  const says = new RegExp(
    `another copy of castcall made it \\(version ${VERSION}, this one is ${VERSION}\\).*npm ls castcall`,
  );

  test('a definition, a child specification and a ref of the other copy are refused with the reason', async () => {
    const system = testSystem();
    const foreign = second.defineAgent({ calls: { ping: () => 'pong' }, casts: { poke: () => undefined } });
    expect(() => system.start(foreign)).toThrow(says);
    expect(() => system.ref(foreign, 'x')).toThrow(says);
    expect(() => first.child('x', foreign)).toThrow(says);
    await expect(system.supervise({ children: [second.child('x', foreign)] })).rejects.toThrow(says);
    await expect(system.supervise(second.supervisor('x', { children: [] }))).rejects.toThrow(says);
    const other = second.createSystem({ logger: false });
    const ref = other.start(foreign);
    const said = await new Promise<unknown[]>((resolve) => {
      system.spawn(async (self) => {
        const thrown = (run: () => unknown): unknown => {
          try { return run(); } catch (error) { return error; }
        };
        resolve([
          thrown(() => self.call(ref, 'ping')), thrown(() => self.cast(ref, 'poke')),
          thrown(() => self.put(ref, 'poke')), thrown(() => self.deliver(ref, 'poke')),
          thrown(() => self.bind(ref)),
        ]);
        await self.receive(() => false);
      });
    });
    for (const error of said) expect(String(error)).toMatch(says);
    await other.stop();
  });

  test('what nobody of ours made is refused as before', () => {
    const system = testSystem();
    expect(() => (system.start as (definition: unknown) => unknown)({ calls: {} })).toThrow(
      /pass the definition itself/,
    );
  });
});
