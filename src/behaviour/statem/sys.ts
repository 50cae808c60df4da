import { atOnce, CastcallError } from '../../base/index.js';
import type { ExitReason } from '../../base/index.js';
import { HIDDEN } from '../../base/text/index.js';
import { Phase } from '../../process/record/index.js';
import type { Process, SysHooks } from '../../process/record/index.js';
import { conclude } from '../gen/index.js';
import type { Pid } from '../../api/address.js';
import type { InsertedEvent, StatemStatus } from '../../api/statem.js';
import type { Report } from '../../api/reports.js';
import { whatever } from './check.js';
import { eventOf, type Queued } from './queue.js';
import { statemRuntimeOf } from './runtime.js';
import type { StatemSelf } from './self.js';
import { EVENT_TIMEOUT, STATE_TIMEOUT } from './transition.js';

/** The log line of an abnormal end (SM-25), beside the crash report that every process makes. */
export interface StatemReport extends Report, StatemStatus {
  readonly label: 'state machine terminated';
  readonly pid: Pid;
  readonly name: string | undefined;
  readonly processLabel: string | undefined;
  readonly definition: string;
}

/** How a state machine answers system messages; state is the pair of state and data (SM-24). */
export const STATEM_SYS: SysHooks = {
  state: (p) => pairOf(p),
  replace(p, change) {
    const made = change(pairOf(p));
    if (!Array.isArray(made) || made.length !== 2) {
      throw new CastcallError(
        'BAD_RETURN_VALUE', `a state machine's state is replaced by [state, data]; got ${whatever(made)}`,
      );
    }
    set(machine(p), made[0], made[1]);
    return pairOf(p);
  },
  show: (p) => statusOf(p, between(p)),
  /** its events are in the report of its own */
  crash(p, reason, sensitive) {
    const m = machine(p);
    const { unnamed } = m.module;
    if (p.phase !== Phase.Terminating) return unnamed;
    const status = statusOf(p, m, reason, !p.kernel.details);
    const shown = { ...unnamed, ...(sensitive ? {} : { state: { state: status.state, data: status.data } }) };
    return m.module.formatStatus === null ? shown : { ...shown, reason: status.reason };
  },
  codeChange(p, from, extra) {
    const m = machine(p);
    if (m.module.codeChange === null) return pairOf(p);
    const converted = atOnce('codeChange', m.module.codeChange(from, { state: m.state, data: m.data }, extra));
    const module = converted.module === undefined
      ? m.module
      : statemRuntimeOf('codeChange.module', converted.module);
    module.tableOf(converted.state);
    m.module = module;
    set(m, converted.state, converted.data);
    return pairOf(p);
  },
  terminate(p, reason) {
    between(p);
    return conclude(p, reason);
  },
};

const machine = (p: Process): StatemSelf => p.self as StatemSelf;

/** A machine that handles no event: the last one was handled, and is shown to nobody (SM-24, SM-25). */
export function between(p: Process): StatemSelf {
  const m = machine(p);
  m.op = null;
  m.payload = undefined;
  return m;
}

function pairOf(p: Process): [unknown, unknown] {
  const m = machine(p);
  return [m.state, m.data];
}

/** Throws for a state that the module does not have, before anything is changed. */
function set(m: StatemSelf, state: unknown, data: unknown): void {
  m.table = m.module.tableOf(state);
  m.state = state;
  m.data = data;
  m.commit();
  m.turn?.replaced();
}

export function reportEnd(p: Process, m: StatemSelf, reason: ExitReason): void {
  const status = statusOf(p, m, reason, !p.kernel.details);
  const processLabel = p.ext?.label ?? undefined;
  const report: StatemReport = {
    label: 'state machine terminated', level: 'info', pid: p.pid, name: p.name?.name, processLabel,
    definition: m.module.name, ...status,
  };
  p.kernel.report(report);
}

/**
 * What the machine is doing, as its own formatting shows it; a formatting that throws shows neither
 * state nor data. For a log, without a formatting, no contents: payloads and data stay out of it.
 */
function statusOf(p: Process, m: StatemSelf, reason?: ExitReason, log: boolean = false): StatemStatus {
  const format = m.module.formatStatus;
  const status = raw(p, m, reason, log && format === null);
  if (format === null) return status;
  try {
    return format(status);
  } catch {
    return {
      ...status, state: 'formatStatus threw', data: 'formatStatus threw', event: undefined,
      queue: [], postponed: [],
      timeouts: [],
    };
  }
}

function raw(p: Process, m: StatemSelf, reason: ExitReason, hidden: boolean): StatemStatus {
  const seen = (value: unknown): unknown => (hidden ? HIDDEN : value);
  const show = (one: Queued): InsertedEvent => eventOf(one.op, seen(one.payload), one.from);
  const status: StatemStatus = {
    state: typeof m.state === 'string' ? m.state : seen(m.state),
    data: seen(m.data),
    event: p.op === null || m.op === null ? undefined : eventOf(m.op, seen(m.payload), p.from),
    queue: (m.inside?.next ?? []).map(show).reverse(),
    postponed: (m.inside?.postponed ?? []).map(show),
    timeouts: [...(m.timeouts?.running.values() ?? [])].map(({ key, content: given }) => {
      const content = seen(given);
      if (key === EVENT_TIMEOUT) return { type: 'timeout', content };
      return key === STATE_TIMEOUT
        ? { type: 'stateTimeout', content }
        : { type: 'genericTimeout', name: key, content };
    }),
  };
  return p.phase === Phase.Terminating ? { ...status, reason } : status;
}
