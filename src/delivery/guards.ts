import { delayMs, OptionError, sameOptions } from '../base/index.js';
import { shownAs } from '../base/text/index.js';
import type { Host } from '../behaviour/gen/index.js';
import { fenced, Phase } from '../process/record/index.js';
import type { Kernel, Process } from '../process/record/index.js';
import { checkName } from '../router/names/index.js';
import {
  Asker, BreakerRun, Circuit, judgeOf, Limiter, LimitRun, readBreaker, readLimit, retryFor, retryStreamFor,
  streamIn,
} from './guard/index.js';
import type {
  Breaker, BreakerChange, BreakerOptions, BreakerRunOptions, BreakerState, BreakerStats, Limit, LimitOptions,
  LimitPermit, LimitRunOptions, LimitStats, GuardVerbs, RetryOptions, RetryStreamOptions, Streamable, StreamAttempt,
} from '../api/guards.js';

/** The breakers and limits of one system, by name. */
class Guards {
  private readonly circuits = new Map<string, Circuit>();
  private readonly limiters = new Map<string, Limiter>();
  constructor(readonly kernel: Kernel) {
    kernel.stopHooks.add(() => {
      for (const one of [...this.circuits.values(), ...this.limiters.values()]) one.end();
    });
  }

  /** @param kept whether it is remembered; not for one that has ended, which fixes nobody's options (P16) */
  circuit(name: string, given: BreakerOptions | undefined, kept: boolean): Circuit {
    const known = this.circuits.get(checkName('breaker', name));
    if (known === undefined) {
      const made = new Circuit(this.kernel, readBreaker(name, given ?? {}));
      if (kept) this.circuits.set(name, made);
      return made;
    }
    if (given !== undefined) sameOptions('breaker', name, known.options, readBreaker(name, given));
    return known;
  }

  limiter(name: string, given: LimitOptions | undefined, kept: boolean): Limiter {
    const known = this.limiters.get(checkName('limit', name));
    if (known === undefined) {
      if (given === undefined && kept) {
        throw new OptionError(
          `limit '${name}'`, given, 'options at its first use',
          `call system.limit('${name}', { perMinute, concurrency }) once at the start`,
        );
      }
      const made = new Limiter(this.kernel, readLimit(name, given ?? { concurrency: 1 }));
      if (kept) this.limiters.set(name, made);
      return made;
    }
    if (given !== undefined) sameOptions('limit', name, known.options, readLimit(name, given));
    return known;
  }

  breakers(): BreakerStats[] {
    return [...this.circuits.values()].map((circuit) => circuit.stats());
  }

  limits(): LimitStats[] {
    return [...this.limiters.values()].map((limiter) => limiter.stats());
  }
}

/** Fills the port: `self.breaker`, `self.limit`, `self.retry`, and the same verbs of the system. */
export function offerGuards(host: Host): void {
  const guards = new Guards(host.kernel);
  host.extensions.set('guards', (p, self) => new GuardVerbsImpl(guards, p, self));
}

/** The verbs of the outside. */
export function guardsOf(host: Host): GuardVerbsImpl {
  return host.extensions.get('guards')?.(null, null) as GuardVerbsImpl;
}

export class GuardVerbsImpl implements GuardVerbs {
  private readonly asker: Asker;
  constructor(
    private readonly guards: Guards,
    p: Process | null,
    self: { readonly signal: AbortSignal } | null,
  ) {
    this.asker = new Asker(p, self, guards.kernel);
  }

  breaker(name: string, options?: BreakerOptions): Breaker {
    return new BreakerImpl(this.guards.circuit(name, options, this.lives), this.asker);
  }

  limit(name: string, options?: LimitOptions): Limit {
    return new LimitImpl(this.guards.limiter(name, options, this.lives), this.asker);
  }

  /** What one that has ended asks for is given to it, and does nothing: its `run` rejects with ZOMBIE. */
  private get lives(): boolean {
    const { p } = this.asker;
    return p === null || p.phase !== Phase.Dead;
  }

  breakers(): BreakerStats[] {
    return this.guards.breakers();
  }

  limits(): LimitStats[] {
    return this.guards.limits();
  }

  retry<T>(attempt: (number: number) => T | Promise<T>, options: RetryOptions = {}): Promise<T> {
    const { asker } = this;
    const own = this.underOwn(options);
    return asker.kernel.answer(retryFor(asker.kernel, asker.p, attempt, own), judgeOf(asker.p, own));
  }

  retryStream<T>(attempt: StreamAttempt<T>, options: RetryStreamOptions = {}): AsyncIterableIterator<T> {
    return retryStreamFor(this.asker.kernel, this.asker.p, attempt, this.underOwn(options));
  }

  private underOwn<O extends RetryOptions>(options: O): O {
    return typeof options === 'object' && options !== null && options.signal === undefined
      ? { ...options, signal: this.asker.own }
      : options;
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

  run<T>(fn: (signal: AbortSignal) => T | PromiseLike<T>, options?: BreakerRunOptions): Promise<T> {
    return new BreakerRun(this.#asker, fn, this.#circuit).start('breaker.run', options) as Promise<T>;
  }

  stream<T>(
    fn: (signal: AbortSignal) => Streamable<T> | PromiseLike<Streamable<T>>, options?: BreakerRunOptions,
  ): AsyncIterableIterator<T> {
    return streamIn(
      'breaker.stream', this.#asker, fn, options, (body) => new BreakerRun(this.#asker, body, this.#circuit),
    ) as AsyncIterableIterator<T>;
  }

  wrap<A extends readonly unknown[], T>(fn: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return (...args) => this.run(() => fn(...args));
  }

  open(forMs?: number | 'infinity'): void {
    if (fenced(this.#asker.p)) return;
    this.#circuit.open(forMs === 'infinity'
      ? Infinity
      : forMs === undefined ? this.#circuit.options.openMs : delayMs('breaker.open', forMs));
  }

  close(): void {
    if (!fenced(this.#asker.p)) this.#circuit.close();
  }

  stats(): BreakerStats {
    return this.#circuit.stats();
  }

  watch(listener: (change: BreakerChange) => void): () => void {
    if (typeof listener !== 'function') {
      throw new OptionError('breaker.watch', listener, 'a function that takes a change');
    }
    return fenced(this.#asker.p) ? () => undefined : this.#circuit.watch(listener, this.#asker.p);
  }
}

class LimitImpl implements Limit {
  readonly #limiter: Limiter;
  readonly #asker: Asker;
  constructor(limiter: Limiter, asker: Asker) {
    this.#limiter = limiter;
    this.#asker = asker;
  }

  get name(): string {
    return this.#limiter.options.name;
  }

  run<T>(fn: (signal: AbortSignal, permit: LimitPermit) => T | PromiseLike<T>, options?: LimitRunOptions): Promise<T> {
    return new LimitRun(this.#asker, fn, this.#limiter).start('limit.run', options) as Promise<T>;
  }

  stream<T>(
    fn: (signal: AbortSignal, permit: LimitPermit) => Streamable<T> | PromiseLike<Streamable<T>>,
    options?: LimitRunOptions,
  ): AsyncIterableIterator<T> {
    return streamIn(
      'limit.stream', this.#asker, fn, options, (body) => new LimitRun(this.#asker, body, this.#limiter),
    ) as AsyncIterableIterator<T>;
  }

  wrap<A extends readonly unknown[], T>(fn: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return (...args) => this.run(() => fn(...args));
  }

  pause(ms: number): void {
    const read = delayMs('limit.pause', ms);
    if (!fenced(this.#asker.p)) this.#limiter.pause(read);
  }

  resume(): void {
    if (!fenced(this.#asker.p)) this.#limiter.resume();
  }

  stats(): LimitStats {
    return this.#limiter.stats();
  }
}

shownAs(BreakerImpl, (it) => `Breaker(${it.name}: ${it.state})`);
shownAs(LimitImpl, (it) => {
  const { running, waiting } = it.stats();
  return `Limit(${it.name}: ${running} running, ${waiting} waiting)`;
});
