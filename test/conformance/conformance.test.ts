import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../docs/doors.js';

interface Title { readonly file: string; readonly title: string; readonly ids: readonly string[] }
interface Item { readonly id: string; readonly state: string; readonly tests: readonly Title[] }

// Plain JavaScript, because the command runs without a build.
const load =
  async <T>(file: string): Promise<T> =>
    await import(/* @vite-ignore */ join(root, 'scripts/conformance', file)) as T;
const { titlesIn } = await load<{ titlesIn(text: string, file: string): Title[] }>('titles.mjs');
const { conformance, page, problems, table } = await load<{
  conformance(otp: string, deviations: string, titles: readonly Title[]): Item[];
  page(otp: string, items: readonly Item[]): string;
  problems(items: readonly Item[]): string[];
  table(items: readonly Item[]): string;
}>('items.mjs');

const OTP =
  '# list\n- PR-01 · E · - · spawns — RM\n- PR-02 · E · V27 · open · returns — RM\n- MO-01 · H · V · proved · one DOWN — RM\n';
const title = (id: string): Title => ({ file: 'a.test.ts', title: `${id} holds`, ids: [id] });
const states = (items: readonly Item[]): string[] => items.map((item) => `${item.id} ${item.state}`);

describe('titles', () => {
  it('finds the ids of every form of a test, once each', () => {
    // a text to find ids in, also of tests that a program skips: nothing is skipped here
    const text = [
      "it('PR-01 PR-01 and MO-02: it', () => {});", "test(`PR-03 of ${n}`, () => {});",
      "it.each([1])('PR-04 %s', () => {});",
      "describe('PR-05', () => { it('no id', () => {}); });",
      "it.skip('PR-06', () => {}); it.todo('PR-07');", 'it.concurrent("PR-08", () => {});',
      "say('PR-09');",
    ].join('\n');
    expect(titlesIn(text, 'a.test.ts').map((each) => each.ids)).toEqual(
      [['PR-01', 'MO-02'], ['PR-03'], ['PR-04'], ['PR-08']],
    );
  });
});

describe('items', () => {
  it('are open until a test names them or an entry says why not', () => {
    expect(states(conformance(OTP, '', [title('PR-01')])))
      .toEqual(['PR-01 proved', 'PR-02 open', 'MO-01 open']);
    expect(states(
      conformance(OTP, '- PR-02 · not applicable · no such thing\n- MO-01 · waits · later\n', []),
    )).toEqual(
      ['PR-01 open', 'PR-02 not applicable', 'MO-01 waits'],
    );
  });
  it.each(['stricter', 'differs'])('are %s only with a test', (state) => {
    const entry = `- PR-01 · ${state} · refuses earlier\n`;
    expect(states(conformance(OTP, entry, []))[0]).toBe('PR-01 open');
    expect(states(conformance(OTP, entry, [title('PR-01')]))[0]).toBe(`PR-01 ${state}`);
  });
  it('write their states into the page, whatever stood there, and nothing else', () => {
    const items = conformance(OTP, '', [title('PR-02')]);
    const written = page(OTP, items);
    expect(written).toContain('- PR-01 · E · - · open · spawns — RM');
    expect(written).toContain('- PR-02 · E · V27 · proved · returns — RM');
    expect(page(written, items)).toBe(written);
  });
  it('are summed by group', () => {
    const lines =
      table(conformance(OTP, '', [title('PR-01')])).split('\n').map((line) => line.split(/\s{2,}/).join(' '));
    expect(lines.at(1)).toBe('PR 2 1 0 0 0 0 1');
    expect(lines.at(-1)).toBe('all 3 1 0 0 0 0 2');
  });
  it('that are open are problems, one line each', () => {
    expect(problems(conformance(OTP, '- MO-01 · stricter · why\n', [title('PR-01')]))).toEqual(
      [
        expect.stringContaining('PR-02 is open'),
        expect.stringContaining('MO-01 is open: its entry says stricter'),
      ],
    );
  });
});

describe('a mistake is named', () => {
  it.each([
    ['an entry for no item', '- PR-77 · stricter · why\n', [], 'PR-77 is no item'],
    ['two entries', '- PR-01 · waits · why\n- PR-01 · waits · why\n', [], 'PR-01 has two entries'],
    ['a state that there is not', '- PR-01 · different · why\n', [], "got 'different'"],
    ['a test for no item', '', [title('PR-55')], 'names PR-55'],
  ])('%s', (_, deviations, titles, message) => {
    expect(() => conformance(OTP, deviations, titles)).toThrow(message);
  });
});
