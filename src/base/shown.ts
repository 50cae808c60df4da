const SHOWN = Symbol('castcall.shown');
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Instances are one line in consoles and error messages, not the runtime behind them. */
export function shownAs<T extends object>(what: { readonly prototype: T }, text: (it: T) => string): void {
  const value = function (this: T): string {
    return text(this);
  };
  Object.defineProperty(what.prototype, SHOWN, { value });
  Object.defineProperty(what.prototype, INSPECT, { value });
}

/** That line; undefined for what is no such instance. */
export function shown(it: object): string | undefined {
  return SHOWN in it ? (it as { [SHOWN](): string })[SHOWN]() : undefined;
}
