import { createContext, runInContext } from 'node:vm';

/** What a hostile thenable ends with: its own value or error, or nothing at all. */
export type Ends = 'value' | 'error' | 'never';

export const HOSTILE_VALUE = 7;
export const hostileError = new Error('hostile');
const trap = (): never => { throw hostileError; };

/** Adds properties to a promise that hurt whoever looks at it. */
function dressed(
  properties: PropertyDescriptorMap, promise: Promise<unknown> = Promise.resolve(HOSTILE_VALUE),
): Promise<unknown> {
  for (const [key, one] of Object.entries(properties)) {
    void Object.defineProperty(promise, key, { configurable: true, ...one });
  }
  return promise;
}

function subclass(species: unknown): Promise<unknown> {
  class Sub extends Promise<unknown> {
    static override get [Symbol.species](): PromiseConstructor { return (typeof species === 'function'
      && species.length === 0 ? (species as () => unknown)() : species) as PromiseConstructor; }
  }
  return new Sub((resolve) => resolve(HOSTILE_VALUE));
}

class Overridden extends Promise<unknown> {
  override then(): never { throw hostileError; }
}

/** An engine of results whose functions throw: what they throw would be an uncaught exception. */
function throwingCapability(executor: (resolve: () => void, reject: () => void) => void): void {
  executor(trap, trap);
}

/**
 * Thenables that hurt whoever waits for them carelessly, made anew by each call; by name, with what
 * they end with.
 */
export const hostileThenables: readonly (readonly [name: string, ends: Ends, make: () => unknown])[] = [
  ['an own then that throws', 'value', () => dressed({ then: { value: trap } })],
  ['an own then getter that throws', 'value', () => dressed({ then: { get: trap } })],
  ['an own then that never calls', 'value', () => dressed({ then: { value: () => undefined } })],
  ['an own constructor getter that throws', 'value', () => dressed({ constructor: { get: trap } })],
  ['an own constructor with a hostile species', 'value', () =>
    dressed({ constructor: { value: { [Symbol.species]: throwingCapability } } })],
  ['a subclass with a throwing species', 'value', () => subclass(trap)],
  ['a subclass whose species is no constructor', 'value', () => subclass({})],
  ['a subclass whose species makes throwing functions', 'value', () => subclass(throwingCapability)],
  ['a subclass whose then throws', 'error', () => Overridden.resolve(HOSTILE_VALUE)],
  ['an object made of the prototype', 'error', () => Object.create(Promise.prototype)],
  ['a proxy of a promise', 'error', () => new Proxy(Promise.resolve(HOSTILE_VALUE), {})],
  ['a proxy with a throwing prototype', 'value', () =>
    new Proxy({ then: (ok: (value: unknown) => void) => ok(HOSTILE_VALUE) }, { getPrototypeOf: trap })],
  ['a then that throws', 'error', () => ({ then: trap })],
  ['a then that calls both', 'value', () => ({
    then(
      ok: (value: unknown) => void, bad: (error: unknown) => void,
    ) { ok(HOSTILE_VALUE); bad(new Error('second')); },
  })],
  ['a then that calls twice', 'value', () =>
    ({ then(ok: (value: unknown) => void) { ok(HOSTILE_VALUE); ok(8); setTimeout(() => ok(9), 1); } })],
  ['a then that calls, then throws', 'value', () =>
    ({ then(ok: (value: unknown) => void) { ok(HOSTILE_VALUE); throw new Error('late'); } })],
  ['a then that rejects, then throws', 'error', () =>
    ({ then(_ok: unknown, bad: (error: unknown) => void) { bad(hostileError); throw new Error('late'); } })],
  ['a then that gives a thenable', 'value', () => ({
    then(
      ok: (value: unknown) => void,
    ) { ok({ then: (next: (value: unknown) => void) => next(HOSTILE_VALUE) }); },
  })],
  ['a then that never calls', 'never', () => ({ then: () => undefined })],
  ['a function with a then', 'value', () =>
    Object.assign(() => undefined, { then: (ok: (value: unknown) => void) => ok(HOSTILE_VALUE) })],
  [
    'a promise of another realm', 'value',
    () => runInContext(`Promise.resolve(${HOSTILE_VALUE})`, createContext({})),
  ],
  ['a rejected promise of another realm', 'error', () =>
    runInContext('(error) => Promise.reject(error)', createContext({}))(hostileError)],
  ['a revoked proxy', 'error', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }],
];
