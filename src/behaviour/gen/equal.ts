/**
 * Whether two states are the same state (SM-28), OTP's `=:=` in JavaScript: primitives by
 * `Object.is`, plain objects and arrays by what they hold, own enumerable keys in any order, and
 * everything else (class instances, functions, Maps, Dates) by identity. Cycles are fine.
 */
export function sameState(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || sameShape(a, b, null);
}

/** Pairs that are being compared further out: met again, they are equal unless something else differs. */
interface Pairs {
  readonly a: object;
  readonly b: object;
  readonly outer: Pairs | null;
}

function sameShape(a: unknown, b: unknown, outer: Pairs | null): boolean {
  if (Object.is(a, b)) return true;
  if (!isPlain(a) || !isPlain(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  for (let at = outer; at !== null; at = at.outer) if (at.a === a && at.b === b) return true;
  const keys = Reflect.ownKeys(a).filter((key) => Object.prototype.propertyIsEnumerable.call(a, key));
  const others = Reflect.ownKeys(b).filter((key) => Object.prototype.propertyIsEnumerable.call(b, key));
  if (keys.length !== others.length) return false;
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false;
  const pairs: Pairs = { a, b, outer };
  return keys.every((key) =>
    Object.prototype.propertyIsEnumerable.call(b, key)
      && sameShape((a as Keyed)[key], (b as Keyed)[key], pairs));
}

type Keyed = Record<PropertyKey, unknown>;

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}
