import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testSystem } from '../support/system.js';
import { DOORS, publicSymbols, root } from './doors.js';
import { compileExample, type Check } from './example.js';

const symbols = publicSymbols();
const doors = await Promise.all([...DOORS.keys()].map(
  async (file) => await import(/* @vite-ignore */ join(root, file)) as object,
));
const scope: Readonly<Record<string, unknown>> = Object.assign({ z }, ...doors);

const same: Check = (actual, expected, line) => expect(actual, line).toEqual(expected);

describe('the public symbols', () => {
  const exported = symbols.filter((symbol) => symbol.kind !== 'member');

  it('are found', () => {
    const names = exported.map((symbol) => symbol.name);
    expect(names).toEqual(expect.arrayContaining(
      ['createSystem', 'defineAgent', 'child', 'Down', 'AgentRef', 'retry', 'createLogger', 'shouldRestart'],
    ));
    expect(names.length).toBeGreaterThan(50);
    expect(symbols.find((symbol) => symbol.name === 'System.start')?.examples).toHaveLength(1);
  });

  it('have a doc comment each', () => {
    expect(exported.filter((symbol) => !symbol.documented).map((symbol) => `${symbol.name} in ${symbol.place}`))
      .toEqual([]);
  });

  it('stand in src/api when they are types, but for those that are or name a class of a room', () => {
    const elsewhere = exported.filter(
      ({ kind, place }) => kind === 'type' && !/^src\/(api|base|testing)\//.test(place),
    );
    expect(elsewhere.map(({ name }) => name).sort()).toEqual([
      'AnyChildSpec', 'AnySupervisorRef', 'ApplicationSpec', 'BalanceOptions', 'ChildFields', 'ChildSpec',
      'DeadLetters', 'GroupMonitorRef', 'GroupWatch', 'OnGiveUp', 'PartitionSpec',
      'RegistryDefinition', 'ScopeDefinition', 'ScopeWatch', 'SuperviseOptions', 'SupervisorInit',
      'SupervisorSpec', 'SystemBus', 'SystemGuards', 'SystemTrees', 'TopOptions', 'WithState',
    ]);
  });

  it('speak the language of users: no ids of requirements, promises or decisions', () => {
    const ids = /\b[A-Z]{2}-\d+\b|\(P\d+\b|design §/;
    expect(symbols.filter(({ text }) => ids.test(text) && !text.includes('@internal')).map(
      (symbol) => `${symbol.name} in ${symbol.place}: ${ids.exec(symbol.text)?.[0]}`,
    )).toEqual([]);
    expect(symbols.find((symbol) => symbol.name === 'System.start')?.text).toContain('@example');
  });

  it('have an @example each when they exist at run time', () => {
    expect(exported.filter((symbol) => symbol.kind === 'value' && symbol.examples.length === 0).map(
      (symbol) => `${symbol.name} in ${symbol.place}`,
    )).toEqual([]);
  });
});

describe('the example of', () => {
  for (const symbol of symbols) {
    symbol.examples.forEach((text, at) => {
      it(`${symbol.name}${at === 0 ? '' : ` (${at + 1})`} gives what it says`, async () => {
        const system = testSystem();
        const values = { ...scope, system };
        const run = compileExample(text, Object.keys(values));
        await run(same, ...Object.values(values));
      });
    });
  }
});

describe('an example', () => {
  const nothing = (text: string) => compileExample(text, []);

  it('fails when a value differs from its comment', async () => {
    await expect(nothing('1 + 1 // => 3')(same)).rejects.toThrow('1 + 1');
    await expect(nothing("const x = 'a'; // => 'b'")(same)).rejects.toThrow("const x = 'a'");
    await nothing(
      "import { x } from 'castcall';\nconst list: number[] = [];\nlist.push(1); // => 1\nlist // => [1]",
    )(
      same,
    );
  });

  it('fails when a comment stands where nothing is compared', () => {
    expect(() => nothing('if (true) {\n  1; // => 2\n}')).toThrow("1 comments '// =>', but only 0");
    expect(() => nothing('for (;;) break; // => 2')).toThrow('nothing to compare');
  });

  it('fails when it is no TypeScript', () => {
    expect(() => nothing('const = 1;')).toThrow(SyntaxError);
  });
});
