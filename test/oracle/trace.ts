import { CallError, TaskError } from '../../src/index.js';

/**
 * A trace is lines `step actor: event event …`: what one actor saw in one step, in its order.
 * Between actors there is no order, and an actor whose name ends in ? has none among its own events
 * either.
 */
export type Trace = readonly string[];

interface Seen {
  readonly actor: string;
  readonly event: string;
}

/** Collects what the castcall side saw; `cut` ends a step. */
export class Recorder {
  readonly lines: string[] = [];
  private seen: Seen[] = [];

  log(actor: string, event: string): void {
    this.seen.push({ actor, event });
  }

  cut(step: number): void {
    const byActor = new Map<string, string[]>();
    for (const { actor, event } of this.seen) {
      const events = byActor.get(actor);
      if (events === undefined) byActor.set(actor, [event]);
      else events.push(event);
    }
    this.seen = [];
    for (const actor of [...byActor.keys()].sort()) {
      this.lines.push(`${step} ${actor}: ${(byActor.get(actor) as string[]).join(' ')}`);
    }
  }
}

/** `word(a,b)` */
export function event(word: string, ...args: readonly string[]): string {
  return args.length === 0 ? word : `${word}(${args.join(',')})`;
}

/** An exit reason in the words that both sides share; pids become labels. */
export function reasonText(reason: unknown, labelOf: (pid: string) => string | undefined): string {
  if (typeof reason === 'string') return labelOf(reason) ?? reason;
  if (typeof reason === 'number' || typeof reason === 'boolean' || reason === undefined || reason === null) {
    return String(reason);
  }
  if (reason instanceof CallError || reason instanceof TaskError) return failureText(reason, labelOf);
  if (reason instanceof Error) return event('crash', reason.message);
  if (Array.isArray(reason)) return `[${reason.map((one) => reasonText(one, labelOf)).join(',')}]`;
  const fields = reason as Readonly<Record<string, unknown>>;
  const keys = Object.keys(fields);
  if (keys[0] === 'failedToStartChild') {
    return event(
      'failed_to_start_child', String(fields['failedToStartChild']),
      reasonText(fields['reason'], labelOf),
    );
  }
  if (keys[0] === 'alreadyStarted') return event(
    'already_started', reasonText(fields['alreadyStarted'], labelOf),
  );
  const [key] = keys;
  // that a callee was shut down: OTP's {shutdown,{gen_server,call,_}}
  if (fields['shutdown'] instanceof Error) return reasonText(fields['shutdown'], labelOf);
  return key === undefined ? '{}' : event(key, reasonText(fields[key], labelOf));
}

/** Who asked and failed; a stop fails with the bare reason of the one that was about to stop (PL-11). */
function failureText(error: CallError | TaskError, labelOf: (pid: string) => string | undefined): string {
  const reason = error.code === 'EXIT' ? reasonText(error.reason, labelOf) : error.code.toLowerCase();
  return error instanceof CallError && error.op === 'stop' ? reason : event('failed', reason);
}

/** Sorts what has no order: the events of actors with a ?, and what `arrange` knows of a family. */
export function canonical(
  trace: Trace, arrange: (events: readonly string[], died: boolean) => readonly string[],
): string[] {
  const deaths = new Set<string>();
  for (const line of trace) {
    const [step, actor, events] = parts(line);
    if (actor === 'downs?') for (const one of events) deaths.add(`${step} ${one.slice(0, one.indexOf('('))}`);
  }
  return trace.flatMap((line) => {
    const [step, actor, events] = parts(line);
    const arranged = actor.endsWith('?') ? [...events].sort() : arrange(events, deaths.has(`${step} ${actor}`));
    return arranged.length === 0 ? [] : [`${step} ${actor}: ${arranged.join(' ')}`];
  });
}

function parts(line: string): readonly [step: string, actor: string, events: readonly string[]] {
  const [step = '', actor = '', ...events] = line.split(' ');
  return [step, actor.slice(0, -1), events];
}
