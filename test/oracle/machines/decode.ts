import { Draw, type Tape } from '../tape.js';
import type { Term } from '../term.js';
import { CLIENTS_MAX, STATES, TIMERS } from './shape.js';

const REASONS: readonly Term[] = ['boom', 'normal', 'shutdown', ['shutdown', 'done'], 'kill'];
/** what never comes within a scenario */
const LONG_MS = 60_000;
/**
 * In scenarios that take time both sides are looked at every 800 ms. A timeout that an event starts
 * is due 50, 100 or 150 ms after a look; one that an enter call starts, 200, 400 or 600 ms after a
 * look or after one of the former. So no two are due, and no look comes, within 50 ms. Nothing that
 * a timeout handles starts another, but by a change of state.
 */
const LOOK_MS = 800;
const EVENT_DUE_MS = [50, 100, 150];
const ENTER_DUE_MS = [200, 400, 600];

type Place = 'event' | 'inner' | 'init' | 'enter';

class Plot {
  tag = 0;
  private timers = 0;
  constructor(readonly timed: boolean) {}

  script(draw: Draw, call: boolean, depth: number, quiet: boolean = false): Term {
    const tag = ++this.tag;
    const acts: Term[] = [];
    for (let n = draw.below(4); n > 0; n--) {
      acts.push(...this.action(draw, call, depth, depth === 0 ? 'event' : 'inner'));
    }
    const last = this.returned(draw, call, depth, quiet);
    if (call && depth === 0 && draw.below(3) > 0) acts.push(['reply', draw.below(10)]);
    // One that may come again may come at any time.
    return ['do', tag, this.timed ? withoutTimersIfPostponed(acts) : acts, last];
  }

  /** Actions of an enter call: it may not postpone or insert, and in one of many cases does. */
  enter(draw: Draw, at: number): Term {
    const acts: Term[] = [];
    for (let n = draw.below(3); n > 0; n--) acts.push(...this.entering(draw, at));
    return ['enter', acts, draw.weighted<Term>([
      [['keep'], 20], [['repeat'], 3], [['stop', draw.pick(REASONS)], 1], [['error', 'boom'], 1],
      [['exit', 'boom'], 1],
      [['next', draw.pick(STATES)], 1],
    ])];
  }

  private entering(draw: Draw, at: number): Term[] {
    switch (draw.weighted([
      ['timer', 6], ['set', 3], ['answer', 2], ['reply_kept', 2], ['no_postpone', 1],
      ['hibernate', 1], ['bad', 1],
    ] as const)) {
      case 'timer': {
        if (!this.timed || draw.below(2) === 0) return [this.timer(draw, 'enter', 1)];
        const content = this.script(draw, false, 2, true);
        const ms = ENTER_DUE_MS[at] as number;
        // A name of its own: OTP 25 lets the message of a timeout through as an info when it
        // replaced one of 0 ms that was due.
        return [['generic', 'k', ms, content]];
      }
      case 'set': return [['set', draw.between(1, 9)]];
      case 'answer': return [['answer', draw.below(10)]];
      case 'reply_kept': return [['reply_kept', draw.below(10)]];
      case 'no_postpone': return [['no_postpone']];
      case 'hibernate': return [['hibernate']];
      case 'bad': return draw.below(4) < 3
        ? []
        : [draw.pick([['postpone'], ['internal', this.script(draw, false, 2)]] as Term[])];
    }
  }

  initial(draw: Draw): Term[] {
    const acts: Term[] = [];
    for (let n = draw.below(3); n > 0; n--) acts.push(...this.action(draw, false, 1, 'init'));
    return acts;
  }

  private action(draw: Draw, call: boolean, depth: number, place: Place): Term[] {
    const deeper = depth < 2;
    switch (draw.weighted([
      ['set', 4], ['postpone_in', 5], ['keep', 2], ['answer', 1], ['reply_kept', 2], ['insert', 4],
      ['timer', 6], ['reply', 1], ['postpone', 2], ['no_postpone', 1], ['hibernate', 1],
    ] as const)) {
      case 'set': return [['set', draw.between(1, 9)]];
      case 'postpone_in': return [['postpone_in', draw.pick(STATES)]];
      case 'postpone': return [['postpone']];
      case 'no_postpone': return [['no_postpone']];
      case 'hibernate': return [['hibernate']];
      case 'keep': return [['keep']];
      case 'answer': return [['answer', draw.below(10)]];
      case 'reply_kept': return [['reply_kept', draw.below(10)]];
      case 'reply': return call ? [['reply', draw.below(10)]] : [];
      case 'insert': {
        const word = draw.pick(['internal', 'insert_cast', 'insert_info', 'insert_call']);
        return deeper ? [[word, this.script(draw, word === 'insert_call', depth + 1)]] : [];
      }
      case 'timer': return deeper ? [this.timer(draw, place, depth)] : [];
    }
  }

  private timer(draw: Draw, place: Place, depth: number): Term {
    const word = draw.pick(['state_timeout', 'timeout', 'g', 'h']);
    const when = this.when(draw, place);
    const content = this.script(draw, false, depth + 1);
    return (TIMERS as readonly string[]).includes(word)
      ? ['generic', word, when, content]
      : [word, when, content];
  }

  private when(draw: Draw, place: Place): Term {
    const [how, nth] = [
      draw.weighted(
        [['zero', 6], ['long', 3], ['cancel', 2], ['update', 2], ['infinity', 1]] as const,
      ), draw.below(2),
    ];
    if (how === 'long') {
      const due = EVENT_DUE_MS[this.timers];
      if (!this.timed || due === undefined || place !== 'event') return LONG_MS;
      this.timers++;
      return due + LOOK_MS * nth;
    }
    return how === 'zero' ? 0 : how;
  }

  private returned(draw: Draw, call: boolean, depth: number, quiet: boolean): Term {
    if (quiet) return ['keep'];
    switch (draw.weighted([
      ['keep', 8], ['next', 12], ['repeat', 2], ['throw_next', 1], ['stop', 1], ['stop_reply', 1], ['error', 1],
      ['exit', 1], ['throw', 1], ['bad', 1], ['again', depth > 0 ? 0 : 4],
    ] as const)) {
      case 'keep': case 'again': return ['keep'];
      case 'next': return ['next', draw.pick(STATES)];
      case 'repeat': return ['repeat'];
      case 'throw_next': return ['throw_next', draw.pick(STATES)];
      case 'stop': return ['stop', draw.pick(REASONS)];
      case 'stop_reply': return ['stop_reply', draw.pick(REASONS), draw.below(10)];
      case 'error': return ['error', draw.pick(['boom', 'bang'])];
      case 'exit': return ['exit', draw.pick(REASONS)];
      case 'throw': return ['throw', 'boom'];
      // What a call's handler returns in a table of castcall is the reply.
      case 'bad': return call ? ['keep'] : ['bad'];
    }
  }
}

function withoutTimersIfPostponed(acts: readonly Term[]): Term[] {
  const word = (act: Term): string => String((act as readonly Term[])[0]);
  if (!acts.some((act) => word(act).startsWith('postpone'))) return [...acts];
  return acts.filter((act) => !['timeout', 'state_timeout', 'generic'].includes(word(act)));
}

export function decodeMachines(family: string, timed: boolean): (tape: Tape) => Term {
  return (tape) => {
    const setup = new Draw(tape.setup);
    const plot = new Plot(timed);
    const clients = setup.between(1, CLIENTS_MAX);
    const [mode, trap, ending] =
      [setup.pick(['functions', 'handler']), setup.pick(['false', 'true']), setup.rarely(8) ? 'crash' : 'ok'];
    const enters: Term[] = setup.below(3) === 0 ? [] : STATES.map((_, at) => plot.enter(setup, at));
    const machine: Term = ['machine', mode, trap, ending, enters, startOf(plot, setup)];
    const steps: Term[] = [];
    let open: { readonly who: string; readonly ops: Term[] } | null = null;
    for (const row of tape.steps) {
      const draw = new Draw(row);
      if (timed && draw.below(3) === 2) {
        open = null;
        steps.push(['advance', LOOK_MS]);
        continue;
      }
      if (open === null || draw.below(3) === 0) {
        open = { who: `c${draw.between(1, clients)}`, ops: [] };
        steps.push(['at', open.who, open.ops]);
      }
      const op = opOf(plot, draw);
      const [word] = op as readonly [string, ...Term[]];
      if (word === 'end_parent') {
        open = null;
        steps.push(op);
        continue;
      }
      // A stop of one that is about to end by itself is told either of both ends, and so is who
      // asks for its state.
      if (!['stop', 'get_state'].includes(word) || open.ops.length === 0) open.ops.push(op);
      if (['signal', 'stop', 'get_state'].includes(word)) open = null;
    }
    if (timed) steps.push(['advance', LOOK_MS], ['advance', LOOK_MS]);
    return [family, machine, clients, steps.filter(
      (step) => (step as readonly Term[])[0] !== 'at'
        || ((step as readonly Term[])[2] as readonly Term[]).length > 0,
    )];
  };
}

function startOf(plot: Plot, draw: Draw): Term {
  switch (draw.weighted([['ok', 20], ['stop', 1], ['ignore', 1], ['error', 1], ['exit', 1]] as const)) {
    case 'ok': return ['ok', draw.pick(STATES), plot.initial(draw)];
    case 'stop': return ['stop', draw.pick(REASONS)];
    case 'ignore': return ['ignore'];
    case 'error': return ['error', 'boom'];
    case 'exit': return ['exit', draw.pick(REASONS)];
  }
}

function opOf(plot: Plot, draw: Draw): Term {
  switch (draw.weighted(
    [['cast', 10], [
      'call', 8,
    ], ['info', 3], ['get_state', 1], ['stop', 1], ['signal', 1], ['end_parent', 1]] as const,
  )) {
    case 'cast': return ['cast', plot.script(draw, false, 0)];
    case 'call': return ['call', plot.script(draw, true, 0)];
    case 'info': return ['info', plot.script(draw, false, 0)];
    case 'get_state': return ['get_state'];
    case 'stop': return ['stop', draw.pick(REASONS.slice(0, 4))];
    case 'signal': return ['signal', draw.pick(REASONS)];
    case 'end_parent': return ['end_parent', draw.pick(REASONS)];
  }
}
