import { adopt, CastcallError, delayMs, handled, isA, OptionError, parseOptions, shownAs, timeoutMs, z } from '../base/index.js';
import type {
  Breaker, BreakerChange, BreakerOptions, BreakerRunOptions, BreakerState, BreakerStats, Host, Limit, LimitOptions, LimitRunOptions, LimitStats, OutwardVerbs, RetryOptions,
} from '../behaviour/index.js';
import { fenced, type Kernel, type Process, type Scheduler } from '../process/index.js';
import { checkName } from '../router/index.js';
import { BreakerOpenError } from './breaker-error.js';
import { readBreaker, type ReadBreaker } from './breaker-options.js';
import { Circuit } from './breaker.js';
import { readLimit, type ReadLimit } from './limit-options.js';
import { Gate } from './limit.js';
import { retryFor } from './retry.js';

const LIMIT_TIMEOUT_MS = 60_000;

/** The breakers and limits of one system, by name. */
class Outward {
  private readonly circuits = new Map<string, Circuit>();
  private readonly gates = new Map<string, Gate>();
  constructor(private readonly kernel: Kernel) {
    kernel.stopHooks.add(() => {
      for (const one of [...this.circuits.values(), ...this.gates.values()]) one.end();
    });
  }

  get scheduler(): Scheduler {
    return this.kernel.scheduler;
  }

  circuit(name: string, given: BreakerOptions | undefined): Circuit {
    const known = this.circuits.get(checkName('breaker', name));
    if (known === undefined) {
      const made = new Circuit(this.kernel, readBreaker(name, given ?? {}));
      this.circuits.set(name, made);
      return made;
    }
    if (given !== undefined) same('breaker', known.options, readBreaker(name, given));
    return known;
  }

  gate(name: string, given: LimitOptions | undefined): Gate {
    const known = this.gates.get(checkName('limit', name));
    if (known === undefined) {
      if (given === undefined) throw new OptionError(`limit '${name}'`, given, 'options at its first use', `call system.limit('${name}', { perMinute, concurrent }) once at the start`);
      const made = new Gate(this.kernel, readLimit(name, given));
      this.gates.set(name, made);
      return made;
    }
    if (given !== undefined) same('limit', known.options, readLimit(name, given));
    return known;
  }

  breakers(): BreakerStats[] {
    return [...this.circuits.values()].map((circuit) => circuit.stats());
  }

  limits(): LimitStats[] {
    return [...this.gates.values()].map((gate) => gate.stats());
  }
}

/** Fills the port: `self.breaker`, `self.limit`, `self.retry`, and the same verbs of the outside. */
export function offerOutward(host: Host): void {
  const outward = new Outward(host.kernel);
  host.extensions.set('outward', (p, self) => new OutwardVerbsImpl(outward, p, self));
}

/** The verbs of the outside. */
export function outwardOf(host: Host): OutwardVerbsImpl {
  return host.extensions.get('outward')?.(null, null) as OutwardVerbsImpl;
}

/** Who asks: a process, or the outside. */
class Asker {
  constructor(
    readonly p: Process | null,
    private readonly self: { readonly signal: AbortSignal } | null,
    private readonly scheduler: Scheduler,
  ) {}

  /** Ours: its rejection, seen by nobody when the agent has died, must not end the program. */
  told<T>(answer: Promise<T>): Promise<T> {
    return this.scheduler.paced(handled(answer));
  }

  /** undefined for the outside, which has none */
  get own(): AbortSignal | undefined {
    return this.self?.signal;
  }

  signal(given: AbortSignal | undefined): AbortSignal {
    return given ?? this.own ?? new AbortController().signal;
  }

  /** What must hold before a call is made. */
  check(verb: string, fn: unknown, signal: AbortSignal): void {
    if (typeof fn !== 'function') throw new OptionError(verb, fn, 'a function');
    if (fenced(this.p)) throw new CastcallError('ZOMBIE', `${verb}: the process ${(this.p as Process).pid} has ended`);
    signal.throwIfAborted();
  }
}

export class OutwardVerbsImpl implements OutwardVerbs {
  private readonly asker: Asker;
  constructor(
    private readonly outward: Outward,
    p: Process | null,
    self: { readonly signal: AbortSignal } | null,
  ) {
    this.asker = new Asker(p, self, outward.scheduler);
  }

  breaker(name: string, options?: BreakerOptions): Breaker {
    return new BreakerImpl(this.outward.circuit(name, options), this.asker);
  }

  limit(name: string, options?: LimitOptions): Limit {
    return new LimitImpl(this.outward.gate(name, options), this.asker);
  }

  breakers(): BreakerStats[] {
    return this.outward.breakers();
  }

  limits(): LimitStats[] {
    return this.outward.limits();
  }

  retry<T>(attempt: (number: number) => T | Promise<T>, options: RetryOptions = {}): Promise<T> {
    const { asker } = this;
    const own = typeof options === 'object' && options !== null && options.signal === undefined ? { ...options, signal: asker.own } : options;
    return asker.told(retryFor(asker.p, attempt, own));
  }
}

class BreakerImpl implements Breaker {
  readonly #circuit: Circuit;
  readonly #asker: Asker;
  constructor(circuit: Circuit, asker: Asker) {
    this.#circuit = circuit;
    this.#asker = asker;
  }

  get name(): string {
    return this.#circuit.options.name;
  }

  get state(): BreakerState {
    return this.#circuit.state;
  }

  run<T>(fn: (signal: AbortSignal) => T | PromiseLike<T>, options: BreakerRunOptions = {}): Promise<T> {
    return this.#asker.told(this.#run(fn, options));
  }

  wrap<A extends readonly unknown[], T>(fn: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return (...args) => this.run(() => fn(...args));
  }

  open(forMs?: number | 'infinity'): void {
    if (fenced(this.#asker.p)) return;
    this.#circuit.open(forMs === 'infinity' ? Infinity : forMs === undefined ? this.#circuit.options.openMs : delayMs('breaker.open', forMs));
  }

  close(): void {
    if (!fenced(this.#asker.p)) this.#circuit.close();
  }

  stats(): BreakerStats {
    return this.#circuit.stats();
  }

  watch(listener: (change: BreakerChange) => void): () => void {
    if (typeof listener !== 'function') throw new OptionError('breaker.watch', listener, 'a function that takes a change');
    return fenced(this.#asker.p) ? () => undefined : this.#circuit.watch(listener, this.#asker.p);
  }

  async #run<T>(fn: (signal: AbortSignal) => T | PromiseLike<T>, options: BreakerRunOptions): Promise<T> {
    const signal = this.#asker.signal(parseOptions('breaker.run', breakerRun, options).signal);
    this.#asker.check('breaker.run', fn, signal);
    const passage = this.#circuit.enter(this.#asker.p);
    try {
      const value = await adopt(fn(signal));
      this.#circuit.settle(passage, 'success');
      return value;
    } catch (error) {
      if (!passage.over) this.#circuit.settle(passage, this.#circuit.verdict(error, signal));
      throw error;
    }
  }
}

class LimitImpl implements Limit {
  readonly #gate: Gate;
  readonly #asker: Asker;
  constructor(gate: Gate, asker: Asker) {
    this.#gate = gate;
    this.#asker = asker;
  }

  get name(): string {
    return this.#gate.options.name;
  }

  run<T>(fn: (signal: AbortSignal) => T | PromiseLike<T>, options: LimitRunOptions = {}): Promise<T> {
    return this.#asker.told(this.#run(fn, options));
  }

  wrap<A extends readonly unknown[], T>(fn: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return (...args) => this.run(() => fn(...args));
  }

  pause(ms: number): void {
    const read = delayMs('limit.pause', ms);
    if (!fenced(this.#asker.p)) this.#gate.pause(read);
  }

  resume(): void {
    if (!fenced(this.#asker.p)) this.#gate.resume();
  }

  stats(): LimitStats {
    return this.#gate.stats();
  }

  async #run<T>(fn: (signal: AbortSignal) => T | PromiseLike<T>, options: LimitRunOptions): Promise<T> {
    const read = parseOptions('limit.run', limitRun, options);
    const waitMs = timeoutMs('limit.run.timeoutMs', read.timeoutMs, LIMIT_TIMEOUT_MS);
    const signal = this.#asker.signal(read.signal);
    this.#asker.check('limit.run', fn, signal);
    const gate = this.#gate;
    const turn = gate.enter(this.#asker.p, signal, waitMs);
    if (!turn.granted) await turn.ready();
    try {
      gate.call(turn);
      return await adopt(fn(signal));
    } catch (error) {
      if (turn.called && turn.granted) gate.learn(error);
      // A breaker inside has not made the call.
      if (isA(error, BreakerOpenError)) gate.leave(turn, true);
      throw error;
    } finally {
      gate.leave(turn, !turn.called);
    }
  }
}

const aSignal = z.custom<AbortSignal>((value) => value instanceof AbortSignal, { error: 'an AbortSignal' }).optional();
const breakerRun: z.ZodType<BreakerRunOptions> = z.strictObject({ signal: aSignal }, { error: 'an object' });
const limitRun: z.ZodType<LimitRunOptions> = z.strictObject({ signal: aSignal, timeoutMs: z.unknown().optional() }, { error: 'an object' }) as never;

shownAs(BreakerImpl, (it) => `Breaker(${it.name}: ${it.state})`);
shownAs(LimitImpl, (it) => {
  const { running, waiting } = it.stats();
  return `Limit(${it.name}: ${running} running, ${waiting} waiting)`;
});

/** Two texts of one function count as one function: handlers write theirs inline. */
function same<O extends ReadBreaker | ReadLimit>(what: string, known: O, given: O): void {
  for (const key of Object.keys(known) as (keyof O & string)[]) {
    const [before, now] = [known[key], given[key]];
    if (before === now || (typeof before === 'function' && String(before) === String(now))) continue;
    throw new OptionError(`${what}.${key}`, now, `what ${what} '${known.name}' was made with, ${String(before)}`, `one name, one set of options: give them once, or use another name`, 'OPTIONS_CONFLICT');
  }
}
