import type { Allowed } from './allowed.js';
import type { Family } from './family.js';
import type { Term } from './term.js';
import { canonical, type Trace } from './trace.js';

const ANSWER_TIMEOUT_MS = 20_000;

export type Runner = (scenario: Term) => Promise<Trace>;

export interface Verdict {
  readonly kind: 'same' | 'explained' | 'unexplained';
  readonly otp: Trace;
  readonly castcall: Trace;
  /** items of the deviations that explain it */
  readonly items: readonly string[];
}

/** Both sides of one scenario, in canonical order, line by line. */
export async function compare(
  family: Family, scenario: Term, otp: Runner, castcall: Runner, allowed: readonly Allowed[],
): Promise<Verdict> {
  const [theirs, ours] = await Promise.all([otp(scenario), answerOf(castcall(scenario))]);
  return judge(family, theirs, ours, allowed);
}

/** A runner that fails, or never comes to its end, is a trace that says so. */
async function answerOf(running: Promise<Trace>): Promise<Trace> {
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<Trace>((resolve) => {
    timeout = setTimeout(
      () => resolve([`0 castcall: no answer within ${ANSWER_TIMEOUT_MS} ms`]), ANSWER_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([running, late]);
  } catch (error) {
    return [`0 castcall: the runner failed: ${String(error)}`];
  } finally {
    clearTimeout(timeout);
  }
}

export function judge(family: Family, otp: Trace, castcall: Trace, allowed: readonly Allowed[]): Verdict {
  const arrange = (trace: Trace): string[] => canonical(trace, family.arrange);
  const [theirs, ours] = [arrange(otp), arrange(castcall)];
  if (equal(theirs, ours)) return { kind: 'same', otp: theirs, castcall: ours, items: [] };
  const items: string[] = [];
  let rewritten: Trace = otp;
  for (const { item, rewrite } of allowed) {
    const before = rewritten;
    const next = before.map((line) => rewrite(line, before)).filter((line) => line !== '');
    if (!equal(next, rewritten)) items.push(item);
    rewritten = next;
  }
  const explained = items.length > 0 && equal(arrange(rewritten), ours);
  return {
    kind: explained ? 'explained' : 'unexplained', otp: theirs, castcall: ours,
    items: explained ? items : [],
  };
}

function equal(a: Trace, b: Trace): boolean {
  return a.length === b.length && a.every((line, at) => line === b[at]);
}
