import { Draw, type Tape } from '../tape.js';
import { printTerm, type Term } from '../term.js';
import { CLIENTS_MAX } from './shape.js';

const REASONS: readonly Term[] = ['boom', 'normal', 'shutdown', ['shutdown', 'done'], 'kill'];
type Kind = 'call' | 'other';

/** What a decoder must remember: tags, and which servers there are. */
class Plot {
  tag = 0;
  /** clients that may wait for an answer: two that go on at once have no order */
  readonly waiting = new Set<string>();
  constructor(
    readonly servers: readonly string[],
    readonly timed: boolean,
  ) {}

  /** Due times lie between the looks at both sides, which are 100 ms apart. */
  idle(draw: Draw): number {
    return this.timed ? 50 + 100 * draw.below(3) : 0;
  }

  script(draw: Draw, kind: Kind, depth: number, at: string): Term {
    const tag = ++this.tag;
    const actions: Term[] = [];
    for (let n = draw.below(3); n > 0; n--) {
      const action = this.action(draw, depth, at);
      if (action !== null) actions.push(action);
    }
    return ['do', tag, actions, this.returned(draw, kind, depth, at)];
  }

  private action(draw: Draw, depth: number, at: string): Term | null {
    switch (draw.weighted([['set', 4], ['keep', 2], ['answer', 3], ['tell', 1], ['call', 1]] as const)) {
      case 'set': return ['set', draw.between(1, 9)];
      // A second reply to a server would cancel its idle timeout in OTP, where it is a stray message (GS-18).
      case 'keep': return depth > 0 ? null : ['keep'];
      case 'answer': return ['answer', draw.below(10)];
      case 'tell': return depth > 1 ? null : ['tell', this.script(draw, 'other', depth + 1, at)];
      case 'call': {
        // Upwards only, and to itself: a circle of calls is an error in castcall and a timeout in OTP (P6).
        const to = this.servers.filter((one) => one >= at);
        return depth > 0 ? null : ['call', draw.pick(to), this.script(draw, 'call', depth + 2, draw.pick(to))];
      }
    }
  }

  private returned(draw: Draw, kind: Kind, depth: number, at: string): Term {
    // A server that waits for another answers nobody: those calls are answered at once.
    if (kind === 'call' && depth > 0) return ['reply', draw.below(10)];
    const how = draw.weighted([
      ['plain', 8], ['noreply', 4], ['timeout', 2], ['continue', 2], ['stop', 2], ['stop_reply', 2],
      ['error', 1], ['exit', 1], ['throw', 1],
    ] as const);
    const call = kind === 'call';
    switch (how) {
      case 'plain': return call ? ['reply', draw.below(10)] : ['noreply'];
      case 'noreply': return ['noreply'];
      case 'timeout': return call && draw.below(2) === 0
        ? ['reply_timeout', draw.below(10), this.idle(draw)]
        : ['noreply_timeout', this.idle(draw)];
      case 'continue': {
        const next = depth > 1 ? null : this.script(draw, 'other', depth + 1, at);
        if (next === null) return ['noreply'];
        return call && draw.below(2) === 0
          ? ['reply_continue', draw.below(10), next]
          : ['noreply_continue', next];
      }
      case 'stop': return ['stop', draw.pick(REASONS)];
      case 'stop_reply': return call
        ? ['stop_reply', draw.pick(REASONS), draw.below(10)]
        : ['stop', draw.pick(REASONS)];
      case 'error': return ['error', draw.pick(['boom', 'bang'])];
      case 'exit': return ['exit', draw.pick(REASONS)];
      case 'throw': return ['throw', 'boom'];
    }
  }
}

export function decodeServers(family: string, timed: boolean): (tape: Tape) => Term {
  return (tape) => {
    const setup = new Draw(tape.setup);
    const ids = ['g1', 'g2', 'g3'].slice(0, setup.between(1, 3));
    const clients = setup.between(1, CLIENTS_MAX);
    const plot = new Plot(ids, timed);
    const servers = ids.map((id): Term => ['server', id, setup.pick(['false', 'true']), setup.weighted(
      [['ok', 10], ['crash', 2], ['throw', 1], ['exit_bang', 1], ['exit_normal', 1]] as const,
    ), startOf(plot, setup, id)]);
    const steps: Term[] = [];
    // Two servers that work at once have no order: the requests of one step go to one of them.
    let open: { readonly who: string; readonly to: string; readonly ops: Term[]; busy: boolean } | null = null;
    for (const row of tape.steps) {
      const draw = new Draw(row);
      if (timed && draw.below(3) === 2) {
        open = null;
        steps.push(['advance', 100 * draw.between(1, 2)]);
        continue;
      }
      if (open === null || draw.below(2) === 0) {
        const who = `c${draw.between(1, clients)}`;
        if (plot.waiting.has(who)) {
          open = null;
          continue;
        }
        open = { who, to: draw.pick(ids), ops: [], busy: false };
        steps.push(['at', open.who, open.ops]);
      }
      const op = opOf(plot, draw, open.to);
      const [word] = op as readonly [string, ...Term[]];
      // A stop of one that is about to end by itself is told either of both ends.
      if (word !== 'stop' || open.ops.length === 0) open.ops.push(op);
      if (word === 'call' && waits(op)) {
        plot.waiting.add(open.who);
        open = null;
        continue;
      }
      // Behind an exit signal nothing is promised but that the process has ended afterwards.
      // Between an idle timeout of 0 ms and what a client sends next there is no order, nor between
      // that and what a server does after a reply.
      open.busy ||= /tell|continue/.test(printTerm(op));
      if (word === 'signal' || word === 'stop' || (word === 'call' && open.busy)
        || (!timed && printTerm(op).includes('timeout'))) open = null;
    }
    if (timed) steps.push(['advance', 400]);
    return [family, servers, clients, steps];
  };
}

/** Whether the caller may not get its answer at once. */
function waits(op: Term): boolean {
  const script = (op as readonly Term[])[2] as readonly Term[];
  return String((script[3] as readonly Term[])[0]).startsWith('noreply');
}

function startOf(plot: Plot, draw: Draw, id: string): Term {
  switch (draw.weighted(
    [['ok', 10], [
      'timeout', 2,
    ], ['continue', 2], ['stop', 1], ['ignore', 1], ['error', 1], ['exit', 1]] as const,
  )) {
    case 'ok': return ['ok'];
    case 'timeout': return ['timeout', plot.idle(draw)];
    case 'continue': return ['continue', plot.script(draw, 'other', 1, id)];
    case 'stop': return ['stop', draw.pick(REASONS)];
    case 'ignore': return ['ignore'];
    case 'error': return ['error', 'boom'];
    case 'exit': return ['exit', draw.pick(REASONS)];
  }
}

function opOf(plot: Plot, draw: Draw, to: string): Term {
  switch (draw.weighted([['call', 8], ['cast', 5], ['info', 2], ['stop', 1], ['signal', 1]] as const)) {
    case 'call': return ['call', to, plot.script(draw, 'call', 0, to), plot.timed && draw.below(2) === 0
      ? 50 + 100 * draw.below(2)
      : 'infinity'];
    case 'cast': return ['cast', to, plot.script(draw, 'other', 0, to)];
    case 'info': return ['info', to, plot.script(draw, 'other', 0, to)];
    case 'stop': return ['stop', to, draw.pick(REASONS.slice(0, 4))];
    case 'signal': return ['signal', to, draw.pick(REASONS)];
  }
}
