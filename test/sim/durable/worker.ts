import {
  defineAgent, type AgentRef, type DeliverOptions, type DeliveryContext, type From, type Receipt,
} from '../../../src/index.js';
import type { Random, Simulation } from '../../../src/testing/index.js';
import { type Book, type Done, type Job, Sent } from './book.js';
import type { Life } from './life.js';

export const NAMES = ['a', 'b', 'c'] as const;

/** What a handler does after it has changed its state and sent what it sends. */
const ACTS = [
  'return', 'return', 'return', 'return', 'refuse', 'throw', 'nack', 'give up', 'ack first', 'stop', 'stop and say',
  'stop badly', 'later',
] as const;

interface Self {
  state: { done: Done[] };
  readonly pid: string;
  readonly from: From | undefined;
  readonly delivery: DeliveryContext | undefined;
  deliver(to: AgentRef<WorkerDefinition>, op: 'work', job: Job, options: DeliverOptions): Promise<Receipt>;
  cast(to: unknown, op: string, payload: unknown): void;
  readonly ref: unknown;
  refuse(code: string): unknown;
  noreply(): unknown;
  reply(from: From, value: unknown): boolean;
  stop(reason: unknown, reply?: unknown): unknown;
}

export function optionsOf(
  { attemptsMax, key, order }: Sent, random: Random,
): DeliverOptions {
  const guarantee = key === undefined ? random.pick(['at-least-once', 'exactly-once'] as const) : 'exactly-once';
  const delayed = order === undefined && (key !== undefined || guarantee === 'at-least-once') && random.chance(0.15);
  return {
    attemptsMax, guarantee, backoff: { baseMs: random.int(5), jitter: 0 }, expiresInMs: 1e9,
    ...(key === undefined ? {} : { key }),
    ...(order === undefined ? {} : { order }),
    ...(delayed ? { delayMs: 1 + random.int(30) } : {}),
  };
}

/** Somebody who stores nothing: what he hears has left for good. */
export function sinkOf(life: Life, book: Book) {
  return defineAgent({
    name: 'sink',
    casts: {
      hear(_self, heard: { readonly id: number; readonly from: number }) {
        if (!life.dead) book.sunk.push(heard);
      },
    },
  });
}

/** Handlers of one life: what they do is drawn, what they have done stands in the state of their agent. */
export class Hands {
  readonly later = new Map<number, From>();
  constructor(
    readonly sim: Simulation,
    readonly life: Life,
    readonly book: Book,
    /** everything succeeds, so that it comes to an end */
    readonly calm: boolean,
    private readonly refs: { worker(name: string): AgentRef<WorkerDefinition>; sink(): unknown },
  ) {}

  work(self: Self, job: Job): unknown {
    const { sim, life, book, calm } = this;
    if (life.dead) return new Promise(() => undefined);
    const sent = book.at(job.id);
    sent.starts++;
    const attempt = self.delivery?.attempt ?? 0;
    sim.always(attempt <= sent.attemptsMax, `P22: attempt ${attempt} of at most ${sent.attemptsMax}`);
    if (job.deadly && !calm) return this.die(sent);
    const kids: number[] = [];
    const casts: number[] = [];
    self.state.done.push({ id: job.id, kids, casts });
    if (job.depth > 0) this.send(self, job, kids, casts);
    const act = calm ? 'return' : sim.random.pick(ACTS);
    if (sim.random.chance(0.5)) return this.finish(self, job, act);
    return sim.sleep(sim.random.int(6)).then(() => {
      if (life.dead) return new Promise(() => undefined);
      if (job.depth > 0) this.send(self, job, kids, casts);
      return this.finish(self, job, act);
    });
  }

  /** What an agent does that has ended meanwhile is no failure of its message. */
  private fails({ pid }: Self, sent: Sent): void {
    if (this.life.system.alive(pid)) sent.failed++;
  }

  /** kill -9, while it is handled. */
  private die(sent: Sent): unknown {
    sent.failed++;
    this.sim.sometimes(sent.starts > 1, 'a message kills more than one program');
    this.life.die(false);
    return new Promise(() => undefined);
  }

  private send(self: Self, job: Job, kids: number[], casts: number[]): void {
    const { sim: { random }, book } = this;
    for (let n = random.int(3); n > 0; n--) {
      if (random.chance(0.3)) {
        const sent = book.add((id) => new Sent(
          { id, depth: 0, deadly: false }, 'sink', 'hear', undefined, undefined, 1, job.id, false,
        ));
        casts.push(sent.job.id);
        self.cast(this.refs.sink(), 'hear', { id: sent.job.id, from: job.id });
        continue;
      }
      const to = random.pick(NAMES);
      const sent = book.add((id) => new Sent(
        { id, depth: job.depth - 1, deadly: false }, to, 'work', random.chance(0.5) ? `kid-${id}` : undefined,
        undefined, 1 + random.int(3), job.id, true,
      ));
      kids.push(sent.job.id);
      self.deliver(this.refs.worker(to), 'work', sent.job, optionsOf(sent, random)).then(async ({ settled }) => {
        const { kind } = await settled;
        if (!this.life.dead) sent.told = kind;
      }).catch((error: unknown) => {
        if (this.life.dead || (error as { code?: string }).code === 'ZOMBIE') return;
        this.sim.always(false, `a message of a turn is refused: ${String(error)}`);
      });
    }
  }

  private finish(self: Self, { id }: Job, act: (typeof ACTS)[number]): unknown {
    const { sim, book } = this;
    const sent = book.at(id);
    const context = self.delivery as DeliveryContext;
    switch (act) {
      case 'return': return id;
      case 'refuse': return self.refuse('NO');
      case 'throw': this.fails(self, sent); throw new Error('thrown');
      case 'nack': this.fails(self, sent); context.nack(sim.random.int(5)); return id;
      case 'give up': {
        // Its key is free then, and its effect stays: what is sent again would have a second one.
        if (sent.key !== undefined) return id;
        sent.gaveUp = true;
        const made = self.state.done.at(-1);
        if (made !== undefined) made.gaveUp = true;
        context.terminate('given up');
        return undefined;
      }
      case 'ack first':
        context.ack(id);
        if (sim.random.chance(0.5)) return undefined;
        this.fails(self, sent);
        throw new Error('thrown after the ack');
      case 'stop': return self.stop('normal', id);
      case 'stop and say': self.stop('shutdown'); return id;
      case 'stop badly': this.fails(self, sent); return self.stop('bad');
      case 'later': {
        // Its effect comes with its answer, unless it has sent something.
        const made = self.state.done.at(-1);
        if (made === undefined || made.kids.length + made.casts.length > 0) return id;
        self.state.done.pop();
        const { from } = self;
        if (from !== undefined) this.later.set(id, from);
        self.cast(self.ref, 'finish', id);
        return self.noreply();
      }
    }
  }

  /** The answer to an earlier message, and its effect. */
  later_(self: Self, id: number): void {
    const from = this.later.get(id);
    if (from === undefined || this.life.dead) return;
    this.later.delete(id);
    if (self.reply(from, id)) {
      self.state.done.push({ id, kids: [], casts: [] });
      this.sim.sometimes(true, 'a message is answered by a later turn');
    }
  }
}

export function workerOf(hands: () => Hands) {
  return defineAgent({
    name: 'worker',
    durable: { crashesMax: 'infinity' },
    init: () => ({ done: [] as Done[] }),
    calls: {
      work: (self, job: Job): unknown => hands().work(self as unknown as Self, job),
    },
    casts: {
      finish(self, id: number) { hands().later_(self, id); },
    },
    terminate: () => hands().sim.sleep(hands().sim.random.int(3)),
  });
}
export type WorkerDefinition = ReturnType<typeof workerOf>;
