import { formatReason, isThenable, settle } from '../base/index.js';
import { isError, printableLogged, redacted } from '../base/text/index.js';
import { causeText } from '../supervisor/core/index.js';
import type { Logger, Report, SupervisorReport } from '../api/reports.js';
import { createLogger } from './log.js';

/**
 * Turns reports into log lines and keeps every failure of the logger to itself (P36). The default
 * logger is made on first use.
 *
 * @example
 * const lines: string[] = [];
 * const reporter = new Reporter({ error: () => {}, warn: (fields, text) => lines.push(text), info: () => {} }, 'bank');
 * reporter.warn('look here', {});
 * lines // => ['look here']
 * reporter.failures // => 0
 * @since 0.1.0
 */
export class Reporter {
  /** how often the logger threw */
  failures = 0;
  private logger: Logger | null;
  constructor(
    given: Logger | false | undefined,
    private readonly system: string,
    private readonly details: boolean = false,
  ) {
    this.logger = given === false ? SILENT : (given ?? null);
  }

  /**
   * One structured line per report (LG-08). Payloads are never logged: only the operation's name.
   * Of an error, unless details are asked for, only what `redacted` leaves.
   */
  report(report: Report): void {
    const { level, label, ...rest } = report;
    const { reason, causes } = rest as { reason?: unknown; causes?: SupervisorReport['causes'] };
    const lines = {
      ...('reason' in rest ? { reason: this.line(reason) } : {}),
      ...(causes === undefined
        ? {}
        : { causes: causes.map((one) => causeText(one, (value) => this.line(value))) }),
    };
    const fields = {
      ...rest, label, system: this.system, ...lines,
      err: isError(reason) ? (this.details ? reason : redacted(reason)) : undefined,
    };
    if (this.write(level, fields, label) || (fields.err === undefined && !('state' in rest))) return;
    this.write(level, { ...fields, err: undefined, state: undefined }, label); // without what is foreign
  }

  warn(text: string, fields: Readonly<Record<string, unknown>>): void {
    const error = fields['error'];
    this.write(
      'warn',
      { system: this.system, ...fields, ...('error' in fields ? { error: this.line(error) } : {}) },
      text,
    );
  }

  private line(reason: unknown): string {
    return this.details ? formatReason(reason) : printableLogged(reason);
  }

  private write(level: Report['level'], fields: object, text: string): boolean {
    try {
      this.logger ??= createLogger();
      const result: unknown = this.logger[level]?.(fields, text);
      if (isThenable(result)) settle(result, () => undefined, () => this.failures++);
      return true;
    } catch {
      this.failures++;
      return false;
    }
  }
}

const SILENT: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined };
