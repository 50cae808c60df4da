import { describe, expect, test } from 'vitest';
import { defineAgent } from '../../src/index.js';
import { type Logger, formatReport } from '../../src/observe/public.js';
import { settleTurn, testSystem } from '../support/system.js';

const boom = new Error('boom');

describe('formatReport', () => {
  test('LG-08 a report reaches the logger as values, and as text through the function, whole or in one line', async () => {
    const texts: string[] = [];
    const lines: string[] = [];
    const given: object[] = [];
    const logger: Logger = { error: (fields) => {
      given.push(fields);
      texts.push(formatReport(fields));
      lines.push(formatReport(fields, { singleLine: true }));
    }, warn: () => undefined, info: () => undefined };
    const system = testSystem({ logger });
    system.start(defineAgent({ name: 'ender', casts: { crash() { throw boom; } } }), {
      name: 'alice',
    }).cast('crash');
    await settleTurn();
    expect(given).toMatchObject(
      [{ label: 'process crashed', name: 'alice', links: [], err: { name: 'Error', message: 'boom' } }],
    );
    expect(texts[0]).toMatch(/^process crashed\n {2}pid: '/);
    expect(texts[0]).toContain("\n  name: 'alice'\n");
    expect(texts[0]).toContain('\n  err: Error: boom\n      at ');
    expect(lines[0]).toMatch(/^process crashed /);
    expect(lines[0]).toContain(" name='alice' ");
    expect(lines[0]).toContain(' err=Error: boom');
    expect(lines[0]).not.toContain('\n');
  });

  test('LG-08 depth: deeper values are one sign', () => {
    const report =
      { label: 'x', a: {
        b: { c: { d: { e: { f: 1 } } } },
      }, list: [[[1]]], map: new Map([['k', new Set([1])]]) };
    expect(formatReport(report, { singleLine: true, depth: 1 })).toBe('x a={ b: … } list=[…] map=Map[…]');
    expect(formatReport(report, { singleLine: true, depth: 3 })).toBe(
      "x a={ b: { c: { d: … } } } list=[[[1]]] map=Map[['k', Set[1]]]",
    );
    expect(formatReport(report, { singleLine: true })).toContain('x a={ b: { c: { d: { e: … } } } } ');
    const circle: Record<string, unknown> = {};
    circle['me'] = circle;
    expect(formatReport({ label: 'x', circle }, { singleLine: true, depth: 2 }))
      .toBe('x circle={ me: { me: … } }');
  });

  test('LG-08 chars: no text is longer, and no more work is done than that asks for', () => {
    let read = 0;
    const many = new Proxy(
      new Array<number>(1_000_000).fill(7),
      { get(of, key) { read++; return Reflect.get(of, key) as unknown; } },
    );
    const report = { label: 'many', many, text: 'x'.repeat(100_000) };
    for (const chars of [1, 2, 5, 100, 1_000]) {
      for (const singleLine of [
        true, false,
      ]) expect(formatReport(report, { chars, singleLine })).toHaveLength(chars);
    }
    expect(formatReport(report).length).toBe(8_192);
    expect(read).toBeLessThan(50_000);
    expect(formatReport(report, { chars: 20 })).toMatch(/^many\n {2}many: \[7, 7.*…$/);
    expect(formatReport({ label: 'short' }, { chars: 5 })).toBe('short');
  });

  test('LG-08 P36 hostile values: getters, proxies, line breaks that would forge a line', () => {
    const hostile = {
      label: 'x\ny', get bad(): unknown { throw boom; }, after: 1,
      deep: { get worse(): unknown { throw boom; } },
      'k\n': 'a\nb\u2028c\u001b', big: 1n, fn: () => 1, sym: Symbol('s'), none: undefined, nothing: null,
    };
    expect(formatReport(hostile, { singleLine: true })).toBe(
      "x\\ny bad=[unprintable] after=1 deep=[unprintable] k\\n='a\\nb\\u2028c\\u001b' big=1n fn=[function] sym=Symbol(s) nothing=null",
    );
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(formatReport(revoked.proxy)).toContain('[unprintable]');
    expect(formatReport({ label: 7 })).toBe('report');
  });

  test('LG-08 wrong options are refused', () => {
    for (const options of [
      { depth: 0 }, { chars: 1.5 }, { chars: Infinity }, { singleLine: 1 }, { deep: 1 }, 7,
    ]) {
      expect(() => formatReport({}, options as never))
        .toThrow(expect.objectContaining({ name: 'OptionError' }));
    }
  });
});
