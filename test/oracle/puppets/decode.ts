import { Draw, type Tape } from '../tape.js';
import type { Term } from '../term.js';
import { GROUPS, MESSAGES, NAMES, PUPPETS_MAX, SCOPES } from './shape.js';

type Word = 'trap' | 'link' | 'unlink' | 'monitor' | 'monitor_name' | 'demonitor' | 'end' | 'signal'
  | 'signal_self' | 'send' | 'send_name' | 'register' | 'unregister' | 'whereis' | 'alive' | 'spawn'
  | 'pause' | 'send_after' | 'send_after_name' | 'start_timer' | 'start_timer_name' | 'cancel'
  | 'cancel_async' | 'read' | 'read_async'
  | 'join' | 'join_both' | 'leave' | 'members' | 'which_groups' | 'broadcast' | 'monitor_group'
  | 'monitor_scope' | 'demonitor_group' | 'kill_scope' | 'start_scope';

/** How often a family does what; the first is the simplest. */
export type Mix = readonly (readonly [Word, number])[];

const REASONS: readonly Term[] = ['boom', 'normal', 'kill', 'shutdown', ['shutdown', 'done'], 'bang'];
const ENDS: readonly Op[] = [
  ['exit', 'boom'], ['exit', 'normal'], ['exit', 'shutdown'], ['exit', ['shutdown', 'done']], ['exit', 'kill'],
  ['error', 'boom'], ['throw', 'boom'], ['return'], ['exit', 'noproc'],
];

type Op = readonly [string, ...Term[]];

/** What the decoder must remember to stay within what both sides promise. */
class Plot {
  /** puppets that exist, dead or alive */
  puppets: number;
  watches = 0;
  timers = 0;
  now = 0;
  /**
   * a monitor belongs to the puppet that made it, in that run of operations; a timer may be read
   * and cancelled by all
   */
  readonly owners = new Map<string, { readonly who: string; readonly run: number }>();
  /** operations of one run have no barrier between them */
  run = 0;
  /** of each monitor of a group or scope */
  readonly scopes = new Map<string, string>();
  readonly paused = new Set<string>();
  /** absolute due times; no two are equal, for between those there is no order */
  readonly due = new Set<number>();
  /**
   * A process that watches and is a member brings pg down when it ends, before OTP 25.3.2.6 and
   * 26.1.1 (GH-7625).
   */
  readonly watchers = new Set<string>();
  readonly members = new Set<string>();
  /** who has joined what */
  readonly joins: (readonly [scope: string, group: string, puppet: string])[] = [];
  /** may have ended */
  readonly mortal = new Set<string>();
  constructor(count: number) {
    this.puppets = count;
  }
  /** One that may join: null when all watch. */
  member(draw: Draw, who: string): string | null {
    const free = Array.from({ length: this.puppets }, (_, at) => `p${at + 1}`)
      .filter((one) => !this.watchers.has(one));
    if (free.length === 0) return null;
    const found = draw.pick(free.includes(who) ? [who, ...free] : free);
    this.members.add(found);
    return found;
  }
  puppet(draw: Draw): string {
    return `p${draw.between(1, this.puppets)}`;
  }
}

/**
 * Each number row of the tape is one operation. One that is glued to the one before runs in the
 * same step, with no barrier between: only such sequences are glued whose outcome does not depend
 * on how two processes are scheduled.
 */
export function decodePuppets(family: string, mix: Mix, timed: boolean): (tape: Tape) => Term {
  return (tape) => {
    const setup = new Draw(tape.setup);
    const count = setup.between(2, 6);
    const plot = new Plot(count);
    const steps: Term[] = [];
    let open: { who: string; ops: Op[]; closed: 'no' | 'sends' | 'yes'; at: string | null } | null = null;
    const flush = (): void => {
      if (open !== null && open.ops.length > 0) steps.push(['at', open.who, open.ops]);
      open = null;
      plot.run++;
    };
    for (const row of tape.steps) {
      const draw = new Draw(row);
      const glue = draw.below(3) > 0;
      if (!glue || open === null) {
        flush();
        if (timed && draw.below(2) === 1) {
          const ms = 100 * draw.between(1, 2);
          plot.now += ms;
          steps.push(['advance', ms]);
          continue;
        }
        const who = plot.puppet(draw);
        if (plot.paused.delete(who)) {
          steps.push(['resume', who]);
          continue;
        }
        open = { who, ops: [], closed: 'no', at: null };
      }
      const now: { who: string; ops: Op[]; closed: 'no' | 'sends' | 'yes'; at: string | null } = open;
      if (now.closed === 'yes') continue;
      if (now.closed === 'sends') {
        now.ops.push([
          'send', now.at === now.who ? plot.puppet(draw) : (now.at as string), draw.pick(MESSAGES),
        ]);
        continue;
      }
      const op = operation(plot, now.who, draw, mix, now.ops.length === 0);
      now.ops.push(op);
      if (ENDS.includes(op)) plot.mortal.add(now.who);
      if (op[0] === 'signal') plot.mortal.add(op[1] as string);
      // For a moment pg shows one that joined when it had ended; during a pause anybody may.
      const ghost = op[0].startsWith('join')
        && (op.some((one) => plot.mortal.has(one as string)) || now.ops.some(([word]) => word === 'pause'));
      if (ENDS.includes(op) || op[0] === 'kill_scope' || ghost) now.closed = 'yes';
      // After an exit signal only the order of sends to the same process is promised, after one to
      // itself that nothing comes.
      if (op[0] === 'signal') [now.closed, now.at] = ['sends', op[1] as string];
    }
    flush();
    if (timed) steps.push(['advance', 600]);
    return [family, count, steps];
  };
}

function operation(plot: Plot, who: string, draw: Draw, mix: Mix, first: boolean): Op {
  const word = draw.weighted(mix);
  switch (word) {
    case 'trap': return first
      ? ['trap', draw.pick(['true', 'true', 'true', 'false'])]
      : ['link', plot.puppet(draw)];
    case 'link': case 'unlink': case 'alive': return [word, plot.puppet(draw)];
    case 'monitor': return ['monitor', plot.puppet(draw), own(plot, who, 'm', ++plot.watches)];
    case 'monitor_name': return ['monitor_name', draw.pick(NAMES), own(plot, who, 'm', ++plot.watches)];
    case 'demonitor': {
      const mine = owned(plot, who, 'm');
      return mine.length === 0
        ? ['monitor', plot.puppet(draw), own(plot, who, 'm', ++plot.watches)]
        : [draw.pick(['demonitor', 'demonitor_flush']), draw.pick(mine)];
    }
    case 'end': return draw.pick(ENDS);
    case 'signal': return ['signal', plot.puppet(draw), draw.pick(REASONS)];
    case 'signal_self': return ['signal', who, draw.pick(REASONS)];
    case 'send': return ['send', plot.puppet(draw), draw.pick(MESSAGES)];
    case 'send_name': return ['send_name', draw.pick(NAMES), draw.pick(MESSAGES)];
    case 'register': return ['register', draw.pick(NAMES), plot.puppet(draw)];
    case 'unregister': case 'whereis': return [word, draw.pick(NAMES)];
    case 'spawn': return plot.puppets < PUPPETS_MAX
      ? ['spawn', `p${++plot.puppets}`, draw.pick(['link', 'plain'])]
      : ['link', plot.puppet(draw)];
    case 'pause': plot.paused.add(who); plot.run++; return ['pause'];
    case 'send_after': case 'start_timer': return timerOp(plot, who, draw, [word, plot.puppet(draw)]);
    case 'send_after_name': case 'start_timer_name': return timerOp(plot, who, draw, [word, draw.pick(NAMES)]);
    case 'join': case 'join_both': {
      const [scope, group] = [scopeOf(draw), draw.pick(GROUPS)];
      const [one, other] = [plot.member(draw, who), plot.member(draw, who)];
      if (one === null || other === null) return ['members', scope, group];
      plot.joins.push([scope, group, one]);
      return word === 'join' ? ['join', scope, group, one] : ['join_both', scope, group, one, other];
    }
    case 'leave': {
      const known = plot.joins;
      const [scope, group, one] = known.length > 0 && draw.below(4) > 0
        ? draw.pick(known)
        : [scopeOf(draw), draw.pick(GROUPS), plot.puppet(draw)];
      return ['leave', scope, group, one];
    }
    case 'members': return ['members', scopeOf(draw), draw.pick(GROUPS)];
    case 'broadcast': return ['broadcast', scopeOf(draw), draw.pick(GROUPS), draw.pick(MESSAGES)];
    case 'which_groups': case 'kill_scope': case 'start_scope': return [word, scopeOf(draw)];
    case 'monitor_group': return watchOf(plot, who, ['monitor_group', scopeOf(draw), draw.pick(GROUPS)]);
    case 'monitor_scope': return watchOf(plot, who, ['monitor_scope', scopeOf(draw)]);
    case 'demonitor_group': {
      const mine = [...plot.owners].filter(([, owner]) => owner.who === who).map(([label]) => label);
      if (mine.length === 0) return watchOf(plot, who, ['monitor_group', 's1', draw.pick(GROUPS)]);
      const watch = draw.pick(mine);
      return ['demonitor_group', plot.scopes.get(watch) ?? 's1', watch];
    }
    case 'cancel': case 'cancel_async': case 'read': case 'read_async': {
      const known =
        [...plot.owners].filter(([label, { run }]) => label.startsWith('t') && run < plot.run)
          .map(([label]) => label);
      if (known.length === 0) return timerOp(plot, who, draw, ['start_timer', plot.puppet(draw)]);
      const timer = draw.pick(known);
      // When it takes place is open.
      if (word === 'cancel_async') plot.owners.delete(timer);
      return [word, timer];
    }
  }
}

/** Mostly the same one: two scopes know nothing of each other. */
function scopeOf(draw: Draw): string {
  return SCOPES[draw.rarely(6) ? 1 : 0];
}

function watchOf(plot: Plot, who: string, op: Op): Op {
  if (plot.members.has(who)) return ['members', op[1] as string, GROUPS[0]];
  plot.watchers.add(who);
  const watch = own(plot, who, 'm', ++plot.watches);
  plot.scopes.set(watch, op[1] as string);
  return [...op, watch];
}

function timerOp(plot: Plot, who: string, draw: Draw, [word, to]: readonly [string, string]): Op {
  // It starts when the pause is over: nobody knows when it is due.
  if (plot.paused.has(who)) return ['send', plot.puppet(draw), draw.pick(MESSAGES)];
  let ms = 50 + 100 * draw.between(0, 4);
  while (plot.due.has(plot.now + ms)) ms += 100;
  plot.due.add(plot.now + ms);
  return [word, own(plot, who, 't', ++plot.timers), ms, to, draw.pick(MESSAGES)];
}

function own(plot: Plot, who: string, prefix: string, n: number): string {
  const made = `${prefix}${n}`;
  plot.owners.set(made, { who, run: plot.run });
  return made;
}

/** Those of earlier runs: a `noproc` that is on its way when its monitor is removed may arrive or not. */
function owned(plot: Plot, who: string, prefix: string): string[] {
  return [...plot.owners].filter(
    ([label, owner]) => owner.who === who && owner.run < plot.run && label.startsWith(prefix),
  ).map(([label]) => label);
}
