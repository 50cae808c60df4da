import { disown } from '../../../base/index.js';
import { printable } from '../../../base/text/index.js';
import { Extra, Kind } from '../../../mailbox/message/index.js';
import type { Op } from '../../../mailbox/message/index.js';
import { innerHandle, resumers } from '../../../process/kernel/index.js';
import { Run, tell } from '../../../process/record/index.js';
import type { Process } from '../../../process/record/index.js';
import { withdrawn } from '../../../process/signal/index.js';
import { Request, senderOf } from '../../../router/request/index.js';
import type { DebugEvent } from '../../../api/sys.js';
import type { Down } from '../../../api/messages.js';
import type { IdleDeadline } from '../server/idle.js';

interface Installed {
  readonly id: unknown;
  /** each takes a state of its own type, and is given that alone */
  run(state: unknown, event: DebugEvent, processState: unknown): unknown;
  state: unknown;
}

/** Default length of the log (SY-07). */
export const LOG_LENGTH = 10;

/**
 * The debug functions of one process. While there are any, its `handle` slot holds a wrapper;
 * without, nothing is left of them.
 */
export class Debug {
  stats: { readonly startedAt: number; reductions: number; messagesIn: number; messagesOut: number }
    | null = null;
  log: DebugEvent[] | null = null;
  logLength: number = LOG_LENGTH;
  trace: ((line: string, event: DebugEvent) => void) | null = null;
  installed: Installed[] = [];

  get on(): boolean {
    return this.stats !== null || this.log !== null || this.trace !== null || this.installed.length > 0;
  }

  /** names of what is on, for getStatus */
  get names(): string[] {
    const names: string[] = [];
    if (this.stats !== null) names.push('statistics');
    if (this.log !== null) names.push('log');
    if (this.trace !== null) names.push('trace');
    for (const one of this.installed) {
      names.push(`installed ${printable(typeof one.id === 'function' ? one.id.name : one.id)}`);
    }
    return names;
  }

  add(made: Installed): void {
    if (!this.installed.some((one) => one.id === made.id)) this.installed.push(made);
  }

  remove(id: unknown): void {
    this.installed = this.installed.filter((one) => one.id !== id && one.run !== id);
  }

  /** A function that is done, or throws, is uninstalled (SY-08). */
  note(p: Process, event: DebugEvent): void {
    if (this.stats !== null) {
      if (event.kind === 'in') this.stats.messagesIn++;
      else if (event.kind === 'out') this.stats.messagesOut++;
    }
    if (this.log !== null) {
      this.log.push(event);
      if (this.log.length > this.logLength) this.log.shift();
    }
    const { trace } = this;
    if (trace !== null) {
      tell(p.kernel, 'a trace of sys failed', () => trace(formatEvent(p, event), event), { pid: p.pid });
    }
    for (const one of this.installed) {
      const left = attempt(() => {
        const next = one.run(one.state, event, stateOf(p));
        disown(next);
        one.state = next;
        return next !== 'done';
      });
      if (left !== true) this.installed = this.installed.filter((other) => other !== one);
    }
    settleDebug(p);
  }
}

function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}

export function stateOf(p: Process): unknown {
  return (p.ext?.sys ?? p.behaviour.sys)?.state(p);
}

export const debugOf = (p: Process): Debug | null => (p.ext?.debug ?? null) as Debug | null;

/** The debug functions of a process that is about to get one. */
export function debugging(p: Process): Debug {
  const found = debugOf(p);
  if (found !== null) return found;
  const made = new Debug();
  p.cold().debug = made;
  return made;
}

/** Puts the wrapper in when something is on, and takes it out when nothing is. */
export function settleDebug(p: Process): void {
  const debug = debugOf(p);
  if (debug === null || p.run === Run.Dead) return;
  if (debug.on === (p.handle === watchedHandle)) return;
  if (debug.on) {
    p.handle = watchedHandle;
    watchSettling(p);
  } else {
    p.handle = innerHandle(p);
    const ext = p.cold();
    ext.debug = null;
    ext.onValue = null; // made anew when it parks again
  }
}

/** One line for an event. */
export function formatEvent(p: Process, event: DebugEvent): string {
  switch (event.kind) {
    case 'in': return `${p.title} got ${event.type} ${event.op}${event.message === undefined
      ? ''
      : ` ${printable(event.message)}`}${event.from === undefined ? '' : ` from ${event.from}`}`;
    case 'out': return `${p.title} sent ${printable(event.reply)} to ${event.to ?? 'outside'} for ${event.op}`;
    case 'state': return `${p.title} has state ${printable(event.state)}`;
  }
}

/* ---- the wrapper ---- */

function watchedHandle(p: Process, op: Op, payload: unknown, from: unknown): unknown {
  const debug = debugOf(p);
  if (debug === null) return innerHandle(p)(p, op, payload, from);
  if (debug.stats !== null) debug.stats.reductions++;
  const event = arrival(op, payload, from);
  if (event !== null) debug.note(p, event);
  if (p.run === Run.Dead) return unhandled(p, from);
  if (from instanceof Request) watchReply(p, from);
  const result = innerHandle(p)(p, op, payload, from);
  if (result === undefined) noteState(p);
  return result;
}

/** A debug function has ended the process. */
function unhandled(p: Process, from: unknown): undefined {
  const sender = from instanceof Extra ? from.from : from;
  if (sender instanceof Request) sender.unhandled(p.reason);
}

function noteState(p: Process): void {
  // a plain process tells by itself
  if (p.run === Run.Dead || p.run === Run.Parked || p.behaviour.sys === null) return;
  debugOf(p)?.note(p, { kind: 'state', state: p.behaviour.sys.state(p) });
}

const TYPES: Readonly<Partial<Record<Kind, string>>> = {
  [Kind.Cast]: 'cast', [Kind.Call]: 'call', [Kind.Stream]: 'stream', [Kind.Continue]: 'continue',
  [Kind.Idle]: 'timeout', [Kind.Stop]: 'stop',
};

/** The event of a message, null for one that the callback will not see. */
function arrival(op: Op, payload: unknown, from: unknown): DebugEvent | null {
  if (op.kind === Kind.Extra) return arrival((from as Extra).op, payload, (from as Extra).from);
  if (op.kind === Kind.Down && withdrawn(payload as Down)) return null;
  if (op.kind === Kind.Idle && !(payload as IdleDeadline).armed) return null;
  const message = op.kind === Kind.Idle ? (payload as IdleDeadline).message : payload;
  return { kind: 'in', type: TYPES[op.kind] ?? 'info', op: op.name, message, from: senderOf(from)?.pid };
}

/** Replies are seen where they are given, also later and from elsewhere: this one request tells of it. */
function watchReply(p: Process, request: Request): void {
  const { reply, fail } = request;
  const out = (value: unknown): void =>
    debugOf(p)?.note(p, { kind: 'out', op: request.op.name, reply: value, to: request.caller?.pid });
  request.reply = (value) => {
    const taken = reply.call(request, value);
    if (taken) out(value);
    return taken;
  };
  request.fail = (code, fields) => {
    const error = fail.call(request, code, fields);
    if (code === 'REFUSED' && error !== undefined) out(error);
    return error;
  };
}

/** The state after an asynchronous handler: told once the process goes on. */
function watchSettling(p: Process): void {
  const ext = resumers(p);
  const { onValue, onError } = ext;
  ext.onValue = (value) => {
    onValue?.(value);
    if (p.run !== Run.Parked && debugOf(p) !== null) noteState(p);
  };
  ext.onError = (error) => {
    onError?.(error);
    if (p.run !== Run.Parked && debugOf(p) !== null) noteState(p);
  };
}

