import { describe, expect, it } from 'vitest';
import { ALLOWED, allowedOn } from './allowed.js';
import { runCli } from './cli.js';
import { judge } from './compare.js';
import { FAMILIES } from './families.js';
import type { Family } from './family.js';
import { readScenarios } from './file.js';
import { runOracle, type Sides } from './oracle.js';
import { links } from './puppets/family.js';
import { servers } from './servers/family.js';
import { jobAt, type Job } from './scenarios.js';
import { parseTerm, printTerm } from './term.js';

function jobsOf(family: Family, count: number): Job[] {
  return Array.from({ length: count }, (_, index) => jobAt([family], 11, index));
}

async function run(jobs: Iterable<Job>, sides: Sides): Promise<
  {
    readonly unexplained: number; readonly explained: number; readonly scenarios: number;
    readonly said: string;
  }
> {
  const said: string[] = [];
  const { scenarios, explained, unexplained } = await runOracle(jobs, sides, (text) => said.push(text));
  return { scenarios, explained, unexplained, said: said.join('\n') };
}

describe('the scenarios', () => {
  it('are the same for the same seed, others for another', () => {
    const some = (seed: number): string[] =>
      Array.from({ length: 50 }, (_, index) => printTerm(jobAt(FAMILIES, seed, index).scenario));
    expect(some(7)).toEqual(some(7));
    expect(some(8)).not.toEqual(some(7));
  });

  it('can be replayed one by one', () => {
    const all = Array.from({ length: 20 }, (_, index) => jobAt(FAMILIES, 7, index));
    expect(jobAt(FAMILIES, 7, 13)).toEqual(all[13]);
  });

  it.each(
    FAMILIES.map((family) => [family.name, family] as const),
  )('of %s are well-formed, and are read back from their line', (_, family) => {
    for (const { scenario } of jobsOf(family, 100)) {
      expect(family.problem(scenario), printTerm(scenario)).toBe(null);
      expect(parseTerm(printTerm(scenario))).toEqual(scenario);
      expect(family.program(scenario).length).toBeGreaterThan(1);
    }
  });

  it('take time in at most 5 of 100 cases', () => {
    const timed = Array.from({ length: 3_000 }, (_, index) => jobAt(FAMILIES, 5, index)).filter(
      ({ family }) => family.timed,
    ).length;
    expect(timed).toBeGreaterThan(0);
    expect(timed / 3_000).toBeLessThanOrEqual(0.05);
  });

  it.each(
    FAMILIES.map((family) => [family.name, family] as const),
  )('of %s give the same trace twice on castcall', async (_, family) => {
    for (const { scenario } of jobsOf(family, 6)) {
      expect(await family.run(scenario)).toEqual(await family.run(scenario));
    }
  });
});

describe('a difference', () => {
  const wrong: Sides = {
    release: 25,
    otp: links.run,
    castcall: (family) => async (scenario) =>
      (await family.run(scenario)).map((line) => line.replaceAll(/\bexit\((\w+),boom\)/g, 'exit($1,bang)')),
    allowed: [],
  };

  it('is found, shrunk to few operations, and printed as a pair of programs with both traces', async () => {
    const { unexplained, said } = await run(jobsOf(links, 120), wrong);
    expect(unexplained).toBeGreaterThan(0);
    const first = said.split('unexplained: ')[1] as string;
    const term = parseTerm(
      first.split('\n')[2] as string,
    ) as readonly [string, number, readonly (readonly [string, string, readonly unknown[]])[]];
    const operations = term[2].reduce((sum, [, , ops]) => sum + (Array.isArray(ops) ? ops.length : 1), 0);
    expect(operations, first).toBeLessThanOrEqual(6);
    expect(links.problem(term as never)).toBe(null);
    for (const part of [
      'shrunk in', 'Erlang term', 'castcall program', 'self.trapExit(true)', 'OTP 25 saw',
      'castcall saw', 'exit(', ',boom)', ',bang)',
    ]) expect(first).toContain(part);
  });

  it('that is on the allow-list is explained, for the releases it is there for', async () => {
    const rewrite = (line: string): string => line.replaceAll(/\bexit\((\w+),boom\)/g, 'exit($1,bang)');
    const entry = { item: 'EX-00', reason: 'for this test', releases: { from: 26 }, rewrite };
    const jobs = jobsOf(links, 60);
    const older = await run(jobs, { ...wrong, allowed: allowedOn(25, [entry]) });
    const newer = await run(jobs, { ...wrong, allowed: allowedOn(26, [entry]) });
    expect(newer).toMatchObject({ unexplained: 0, explained: older.unexplained });
    expect(older.unexplained).toBeGreaterThan(0);
  });

  it('on the allow-list explains nothing beside itself', () => {
    const line = '1 p1: send(a,badarg)';
    expect(judge(links, [line], ['1 p1: send(a,ok)'], ALLOWED))
      .toMatchObject({ kind: 'explained', items: ['SG-05'] });
    expect(judge(links, [line, '2 p1: alive(p2,true)'], ['1 p1: send(a,ok)'], ALLOWED).kind)
      .toBe('unexplained');
  });

  it('of a server that throws in terminate is explained in its step, for its own clients', () => {
    const otp = [
      '1 c1: call(g1,1,failed(boom)) call(g2,2,failed(boom))', '1 downs?: g1(boom) g2(boom)',
      '1 g1: terminate(boom,0) throws', '2 downs?: g3(boom)',
    ];
    const castcall = [
      '1 c1: call(g1,1,failed(nocatch(bang))) call(g2,2,failed(boom))', '1 downs?: g1(nocatch(bang)) g2(boom)',
      '1 g1: terminate(boom,0) throws', '2 downs?: g3(boom)',
    ];
    expect(judge(servers, otp, castcall, ALLOWED)).toMatchObject({ kind: 'explained', items: ['GS-23'] });
    expect(judge(
      servers, otp, castcall.map((line) => line.replace('g3(boom)', 'g3(nocatch(bang))')), ALLOWED,
    ).kind)
      .toBe('unexplained');
  });

  it('in an order that nobody promises is none, in one that is promised it is', () => {
    const same = (a: string, b: string): string => judge(links, [`1 p1: ${a}`], [`1 p1: ${b}`], []).kind;
    expect(same('exit(p2,boom) down(p2,m1,boom)', 'down(p2,m1,boom) exit(p2,boom)')).toBe('same');
    expect(same('got(p2,hi) got(p3,hi)', 'got(p3,hi) got(p2,hi)')).toBe('same');
    expect(same('got(p2,hi) got(p2,yo)', 'got(p2,yo) got(p2,hi)')).toBe('unexplained');
    expect(same('got(p2,hi) down(p2,m1,boom)', 'down(p2,m1,boom) got(p2,hi)')).toBe('unexplained');
  });
});

describe('malformed input', () => {
  const problem = (text: string): string => {
    try {
      readScenarios('some.txt', text, FAMILIES);
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  };
  const good = '{links,2,[{at,p1,[{link,p2}]}]}';

  it('is named with its line', () => {
    expect(readScenarios('some.txt', `% a comment\n\n${good}.\n${good}\n`, FAMILIES)
      .map(({ origin }) => origin))
      .toEqual(['some.txt:3', 'some.txt:4']);
    expect(problem(`${good}\n{links,2,[{at,p1,[{link,p2]}]}`))
      .toMatch(/^some\.txt:2: column \d+: expected ','/);
    expect(problem(`${good}\n\n{links,2,[{at,p1,[{lonk,p2}]}]}`)).toMatch(
      /^some\.txt:3: \{lonk,…\} is none of trap, link/,
    );
    expect(problem('{links,2,[{at,p1,[{link,p2,p3}]}]}')).toBe(
      'some.txt:1: {link,p2,p3} has 2 fields, {link,…} takes 1',
    );
    expect(problem('{links,99,[]}')).toBe('some.txt:1: 99 is no whole number from 1 to 8');
    expect(problem('{nonsense,1}'))
      .toMatch(/^some\.txt:1: a scenario is \{Family,…\} with one of supervisors, /);
    expect(problem(`${good} ${good}`)).toMatch(/^some\.txt:1: column \d+: expected the end of the line/);
    expect(problem('\n')).toBe('some.txt: no scenario in it');
  });

  const cli = async (
    ...args: string[]
  ): Promise<{ readonly code: number; readonly said: string; readonly complained: string }> => {
    const said: string[] = [];
    const complained: string[] = [];
    const code = await runCli(args, (text) => said.push(text), (text) => complained.push(text));
    return { code, said: said.join('\n'), complained: complained.join('\n') };
  };

  it('in the arguments ends with 2 and says what is expected', async () => {
    for (const [args, text] of [
      [['--seed', '-1x'], '--seed'], [['--seed', 'x'], "--seed: got 'x', expected a whole number from 0"], [
        ['--scenarios', '0'], "--scenarios: got '0'",
      ], [['--family', 'x'], "--family: got 'x', expected one of supervisors"],
      [['--nonsense'], '--nonsense'], [
        ['--file', 'x', '--seed', '3'], '--file and --seed exclude each other',
      ], [['--file', '/nonexistent/x'], '/nonexistent/x: ENOENT'],
    ] as const) {
      const { code, complained } = await cli(...args);
      expect(code, args.join(' ')).toBe(2);
      expect(complained).toContain(text);
    }
  });

  it('is no help, and no run without Erlang', async () => {
    expect(await cli('--help')).toMatchObject({ code: 0, complained: '' });
    expect((await cli('--print', '--scenarios', '3')).said.split('\n').length).toBe(3);
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      const { code, complained } = await cli('--scenarios', '1');
      expect(code).toBe(2);
      expect(complained).toContain('apt-get install -y --no-install-recommends erlang-base');
    } finally {
      process.env['PATH'] = path;
    }
  });
});
