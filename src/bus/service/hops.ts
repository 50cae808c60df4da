import type { Kernel, Process } from '../../process/record/index.js';
import { Process as ProcessRecord } from '../../process/record/index.js';
import type {
  MessageFailure, RecordedMessage, Submission, SubmissionNode, WorkDiagnostics,
} from '../../api/bus/service.js';

/** Hops that are remembered. */
const HOPS_KEPT = 4_096;

/** What the hops of one invoke have in common. */
class Journey {
  private sequence = 0;
  constructor(
    /** the number of its invoke */
    readonly root: number,
    /** null: named as its submission */
    readonly session: string | null,
  ) {}

  next(): number {
    return ++this.sequence;
  }
}

type Who = Process | string | null;

/** A question and its answer, as they are remembered: without payloads, and texts only once somebody reads them. */
export class Hop {
  /** the number of its answer; 0 while there is none */
  answer = 0;
  /** undefined when it went well, or is open */
  failure: MessageFailure | undefined = undefined;
  worker: Who = null;
  backend = '';
  durationMs = 0;
  attempts = 0;
  /** the hash that an agent gave with its answer */
  stateAfter: string | undefined = undefined;
  constructor(
    readonly number: number,
    readonly invoke: boolean,
    /** null for a request outside of every invoke: it is a submission of its own */
    readonly journey: Journey | null,
    /** 0 for the first */
    readonly parent: number,
    readonly sequence: number,
    readonly by: Who,
    /** the agent or the service */
    readonly target: string,
    readonly operation: string,
    readonly state: string | undefined,
    /** monotonic ms */
    readonly at: number,
  ) {}

  get root(): number {
    return this.journey === null ? this.number : this.journey.root;
  }
}

/** The hops of one system: numbers, the latest of them, and what they tell. */
export class Hops {
  private last = 0;
  private readonly kept: Hop[] = [];
  private place = 0;
  constructor(private readonly kernel: Kernel) {}

  /** A request, made while `outer` is handled. */
  request(outer: Hop | null, by: Process | null, service: string, operation: string): Hop {
    const journey = outer === null ? null : outer.journey;
    const sequence = journey === null ? 1 : journey.next();
    return this.keep(new Hop(
      ++this.last, false, journey, outer === null ? 0 : outer.number, sequence, whoIs(by), service, operation,
      undefined, this.kernel.env.mono(),
    ));
  }

  /** An invoke; one that is made while another is handled belongs to the submission of that one. */
  invoke(
    outer: Hop | null, by: Process | null, agent: string, operation: string, session: string | null,
    state: string | undefined,
  ): Hop {
    const number = ++this.last;
    const known = outer === null ? null : outer.journey;
    const journey = known ?? new Journey(number, session);
    return this.keep(new Hop(
      number, true, journey, outer === null ? 0 : outer.number, known === null ? 0 : known.next(), whoIs(by), agent,
      operation, state, this.kernel.env.mono(),
    ));
  }

  /** It has its answer; once. */
  answered(hop: Hop, failure: MessageFailure | undefined, worker: Process | null, attempts: number): void {
    hop.answer = ++this.last;
    hop.failure = failure;
    hop.worker = whoIs(worker);
    hop.backend = worker === null ? '' : worker.behaviour.name;
    hop.attempts = attempts;
    hop.durationMs = this.kernel.env.mono() - hop.at;
  }

  private keep(hop: Hop): Hop {
    this.kept[this.place] = hop;
    this.place = (this.place + 1) % HOPS_KEPT;
    return hop;
  }

  /* ---- what they tell ---- */

  id(number: number): string {
    return `${this.kernel.prefix}m${number}`;
  }

  question(hop: Hop): RecordedMessage {
    const { state, operation } = hop;
    const head = { ...this.head(hop, hop.number, hop.parent), operation, diagnostics: { by: textOf(hop.by) } };
    if (!hop.invoke) return { type: 'request', service: hop.target, ...head };
    return { type: 'invoke', agent: hop.target, ...head, ...(state === undefined ? {} : { state }) };
  }

  /** Of one that has one. */
  answerOf(hop: Hop): RecordedMessage {
    const { failure, stateAfter: state, operation } = hop;
    const told = {
      ...this.head(hop, hop.answer, hop.number), parent: this.id(hop.number), operation,
      diagnostics: this.diagnostics(hop), ...(failure === undefined ? {} : { error: failure }),
    };
    if (!hop.invoke) return { type: 'response', service: hop.target, ...told };
    return { type: 'complete', agent: hop.target, ...told, ...(state === undefined ? {} : { state }) };
  }

  diagnostics(hop: Hop): WorkDiagnostics {
    const { backend, durationMs, attempts } = hop;
    return { by: textOf(hop.worker), backend, durationMs, attempts };
  }

  /** O(hops kept). */
  submission(id: string): Submission | undefined {
    const hops = this.kept.filter((hop) => this.id(hop.root) === id).sort((a, b) => a.number - b.number);
    const [first] = hops;
    if (first === undefined) return undefined;
    const nodes = new Map<number, { message: RecordedMessage; children: SubmissionNode[] }>();
    const roots: SubmissionNode[] = [];
    const answers: Hop[] = [];
    for (const hop of hops) {
      const node = { message: this.question(hop), children: [] };
      nodes.set(hop.number, node);
      (nodes.get(hop.parent)?.children ?? roots).push(node);
      if (hop.answer > 0) answers.push(hop);
    }
    for (const hop of answers.sort((a, b) => a.answer - b.answer)) {
      nodes.get(hop.number)?.children.push({ message: this.answerOf(hop), children: [] });
    }
    return { id, session: this.sessionOf(first), roots };
  }

  head(hop: Hop, number: number, parent: number): {
    readonly id: string; readonly submission: string; readonly session: string; readonly sequence: number;
    readonly parent: string | null;
  } {
    return {
      id: this.id(number), submission: this.id(hop.root), session: this.sessionOf(hop), sequence: hop.sequence,
      parent: parent === 0 ? null : this.id(parent),
    };
  }

  private sessionOf(hop: Hop): string {
    return hop.journey?.session ?? this.id(hop.root);
  }
}

/** Its name, which it loses when it ends; a pid is made of the record when somebody reads it. */
function whoIs(p: Process | null): Who {
  return p === null || p.name === null ? p : p.name.name;
}

function textOf(who: Who): string {
  return who instanceof ProcessRecord ? who.pid : (who ?? 'outside');
}
