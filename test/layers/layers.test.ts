import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkSources, checkTests, format, wideOf1000 } from './check.js';
import { layers, rooms, wideMax } from './layers.js';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

describe('the house', () => {
  it('is kept by src', { timeout: 60_000 }, () => {
    expect(checkSources(folder('../../src')).map(format)).toEqual([]);
  });

  it('has no test file that is too long to read, and no test that sleeps', { timeout: 60_000 }, () => {
    expect(checkTests(folder('..')).map(format)).toEqual([]);
  });

  it('has few lines that are wider than 120 columns', () => {
    expect(wideOf1000(folder('../../src'))).toBeLessThanOrEqual(wideMax.src);
    expect(wideOf1000(folder('..'))).toBeLessThanOrEqual(wideMax.test);
  });

  it('is acyclic as a table: a folder imports lower levels only', () => {
    const wrong = Object.entries(layers).flatMap(([name, layer]) =>
      layer.imports.filter((other) => {
        const level = layers[other]?.level;
        return level === undefined || level >= layer.level;
      }).map((other) => `${name} -> ${other}`));
    expect(wrong).toEqual([]);
  });

  it('has rooms that load only what stands above them in the table', () => {
    const wrong = Object.entries(rooms).flatMap(([folder, byRoom]) => {
      const order = Object.keys(byRoom);
      return order.flatMap((
        room, at,
      ) => (byRoom[room] ?? []).filter((other) => !order.slice(0, at).includes(other))
        .map((other) => `${folder}/${room} -> ${other}`));
    });
    expect(wrong).toEqual([]);
  });
});
