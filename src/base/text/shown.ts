import { markOurs } from './copy.js';

const SHOWN = Symbol('castcall.shown');
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Instances are one line in consoles, logs, texts, JSON and error messages, not the runtime behind them. */
export function shownAs<T extends object>(what: { readonly prototype: T }, text: (it: T) => string): void {
  const value = function (this: T): string {
    return text(this);
  };
  markOurs(what.prototype);
  Object.defineProperty(what.prototype, SHOWN, { value });
  for (const key of [INSPECT, 'toJSON', 'toString']) {
    Object.defineProperty(what.prototype, key, { value, configurable: true, writable: true });
  }
}

/** Whether it is such an instance: something of the runtime's own. */
export function isShown(it: object): boolean {
  return SHOWN in it;
}

/** That line; undefined for what is no such instance. */
export function shown(it: object): string | undefined {
  return SHOWN in it ? (it as { [SHOWN](): string })[SHOWN]() : undefined;
}
