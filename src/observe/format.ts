import { OptionError, unknownKey } from '../base/index.js';
import { isError } from '../base/text/index.js';
import type { FormatOptions } from '../api/reports.js';

const DEPTH = 4;
const CHARS = 8_192;
const KEYS = ['singleLine', 'depth', 'chars'];

/**
 * The text of a report: what a logger is given, as people read it. `label` comes first, undefined fields are
 * left out; an error shows its stack unless it is one line. For a logger of your own: `error: (fields) =>
 * write(formatReport(fields))`.
 *
 * Never throws for a report, whatever is in it. Its cost is bounded by `chars`, not by the size of the report.
 * Errors: an OptionError for a wrong option.
 *
 * @example
 * const report = { label: 'process crashed', level: 'error', reason: { code: 7, at: { step: 2 } }, links: ['bank.x.1'], name: undefined };
 * formatReport(report, { singleLine: true }) // => "process crashed level='error' reason={ code: 7, at: { step: 2 } } links=['bank.x.1']"
 * formatReport(report, { singleLine: true, depth: 1 }) // => "process crashed level='error' reason={ code: 7, at: … } links=['bank.x.1']"
 * formatReport(report, { chars: 20 }) // => 'process crashed\n  l…'
 * @since 0.2.0
 */
export function formatReport(report: object, options: FormatOptions = {}): string {
  const { singleLine = false, depth = DEPTH, chars = CHARS } = checked(options);
  const writer = new Writer(chars, depth, singleLine);
  try {
    const { label } = report as { label?: unknown };
    writer.put(typeof label === 'string' ? oneLine(label.slice(0, chars + 1)) : 'report');
    for (const key in report) {
      if (writer.full) break;
      if (key !== 'label' && Object.hasOwn(report, key)) writer.field(report, key);
    }
  } catch {
    writer.put(' [unprintable]');
  }
  return writer.text();
}

function checked(options: FormatOptions): FormatOptions {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new OptionError('formatReport', options, 'an object');
  }
  for (const key of Object.keys(options)) {
    if (!KEYS.includes(key)) throw unknownKey(
      `formatReport.${key}`, key, options[key as keyof FormatOptions], KEYS,
    );
  }
  if (options.singleLine !== undefined && typeof options.singleLine !== 'boolean') {
    throw new OptionError('formatReport.singleLine', options.singleLine, 'true or false');
  }
  for (const key of ['depth', 'chars'] as const) {
    const value = options[key];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new OptionError(`formatReport.${key}`, value, 'a whole number from 1');
    }
  }
  return options;
}

/** Collects text up to a limit; whoever writes looks whether it is full and stops. */
class Writer {
  private made = '';
  constructor(
    private readonly chars: number,
    private readonly depth: number,
    private readonly singleLine: boolean,
  ) {}

  get full(): boolean {
    return this.made.length > this.chars;
  }

  put(text: string): void {
    if (!this.full) this.made += text;
  }

  text(): string {
    return this.full ? `${this.made.slice(0, this.chars - 1)}…` : this.made;
  }

  field(report: object, key: string): void {
    const before = this.made;
    try {
      const value = (report as Readonly<Record<string, unknown>>)[key];
      if (value === undefined) return;
      this.put(this.singleLine ? ` ${oneLine(key)}=` : `\n  ${oneLine(key)}: `);
      if (!this.singleLine && isError(value)) this.put(String(value.stack ?? value).replaceAll('\n', '\n  '));
      else this.value(value, 0);
    } catch {
      this.made = before;
      this.put(this.singleLine ? ` ${oneLine(key)}=[unprintable]` : `\n  ${oneLine(key)}: [unprintable]`);
    }
  }

  private value(value: unknown, level: number): void {
    if (this.full) return;
    if (typeof value === 'string') this.put(`'${oneLine(value.slice(0, this.chars + 1))}'`);
    else if (typeof value === 'bigint') this.put(`${value}n`);
    else if (typeof value === 'function') this.put('[function]');
    else if (typeof value !== 'object' || value === null) this.put(String(value));
    else if (isError(value)) this.put(oneLine(String(value)));
    else if (level >= this.depth) this.put('…');
    else if (Array.isArray(value)) this.list('[', value, ']', level);
    else if (value instanceof Map || value instanceof Set) this.list(
      `${value instanceof Map ? 'Map' : 'Set'}[`, value, ']', level,
    );
    else this.record(value, level);
  }

  private list(open: string, values: Iterable<unknown>, close: string, level: number): void {
    this.put(open);
    let first = true;
    for (const one of values) {
      if (this.full) return;
      if (!first) this.put(', ');
      first = false;
      this.value(one, level + 1);
    }
    this.put(close);
  }

  private record(value: object, level: number): void {
    let between = '{ ';
    for (const key in value) {
      if (this.full) return;
      if (!Object.hasOwn(value, key)) continue;
      this.put(`${between}${oneLine(key)}: `);
      between = ', ';
      this.value((value as Readonly<Record<string, unknown>>)[key], level + 1);
    }
    this.put(between === '{ ' ? '{}' : ' }');
  }
}

const BREAKS: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Without line breaks and other control characters: a foreign text cannot forge a line of the log. */
function oneLine(text: string): string {
   
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) =>
    BREAKS[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
