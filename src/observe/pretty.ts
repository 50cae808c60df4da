import { isError } from '../base/text/index.js';
import { formatReport } from './format.js';

/** Of a report, what the first line or the stack says already, and what only programs read. */
const SAID: ReadonlySet<string> = new Set([
  'label', 'level', 'name', 'pid', 'behaviour', 'system', 'supervisor', 'target', 'err',
  'initialCall', 'status', 'links', 'reductions',
  'dictionaryKeys', 'event', 'context', 'started', 'processLabel', 'operations',
]);

/**
 * A report as people read it: time (UTC), level, what happened and to whom on the first line, then
 * what is worth a line, an error's stack last. Nothing in it can forge a line of its own.
 */
export function prettyText(wallMs: number, level: string, fields: object, text: string): string {
  const given = fields as Readonly<Record<string, unknown>>;
  const { err, event, reason } = given;
  const child = childOf(given);
  const subject = typeof event === 'string'
    ? event
    : child !== null ? `${whose(child)} of ${String(given['supervisor'])}` : whose(given);
  const shown: Record<string, unknown> =
    { label: `${clock(wallMs)} ${level.toUpperCase().padEnd(5)} ${text}: ${subject}` };
  for (const [key, value] of Object.entries(given)) {
    if (SAID.has(key) || isEmpty(value) || key === 'reason' || (key === 'offender' && child !== null)) continue;
    shown[key] = value;
  }
  // A crash has a line of its own, with the stack; the line of its supervisor needs none.
  if (isError(err) && given['context'] !== 'child_terminated') shown['error'] = err;
  else if (reason !== undefined) shown['reason'] = reason;
  return `${formatReport(shown)}\n`;
}

const DAY_MS = 86_400_000;

/** The time of day, UTC. */
function clock(wallMs: number): string {
  const ms = Math.floor(wallMs) % DAY_MS;
  const part = (of: number, size: number, width = 2): string => String(Math.floor(ms / of) % size)
    .padStart(width, '0');
  return `${part(3_600_000, 24)}:${part(60_000, 60)}:${part(1_000, 60)}.${part(1, 1_000, 3)}`;
}

/** The child that a supervisor's report is about; null for what is about the supervisor itself. */
function childOf(
  { context, started, offender }: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | null {
  const told =
    (started ?? (context === 'shutdown' ? undefined : offender)) as Readonly<
      Record<string, unknown>
    > | undefined;
  return told === undefined ? null : { name: told['id'], pid: told['pid'], behaviour: told['start'] };
}

/**
 * The name that people know, or the label, and what is behind it: the definition, or what one
 * without a name can do.
 */
function whose(report: Readonly<Record<string, unknown>>): string {
  const { name, processLabel, pid, behaviour, operations, supervisor, system, target } = report;
  const known = (name ?? processLabel ?? pid) as string | undefined;
  if (known === undefined) return String(supervisor ?? target ?? system);
  const kind = Array.isArray(operations) ? `${String(behaviour)} with ${operations.join(', ')}` : behaviour;
  const more = [name === undefined ? undefined : processLabel, kind, pid]
    .filter((part) => part !== undefined && part !== known);
  return `${known}${more.length === 0 ? '' : ` (${more.map(String).join(', ')})`}`;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === false || value === 0 || value === ''
    || (Array.isArray(value) && value.length === 0);
}
