import { isError } from './text/index.js';

/** So many objects of a payload are frozen, those nearest to its root: what a send costs has a limit. */
export const FROZEN_MAX = 1_000;

/**
 * Freezes a payload through plain objects and arrays, level by level, so that a sender's later
 * change throws where it is made: at most 1,000 objects, and of an array those among its first
 * 1,000 elements. Class instances, Maps, typed arrays and what is already frozen are left alone.
 */
export function deepFreeze(payload: unknown): void {
  if (typeof payload !== 'object' || payload === null) return;
  try {
    freezeAll(payload);
  } catch {
    // a Proxy whose traps throw cannot be frozen; a cast must not throw because of it
  }
}

function freezeAll(payload: object): void {
  const found: object[] = [payload];
  for (let at = 0; at < found.length; at++) {
    const item = found[at] as object;
    if (!isPlain(item) || Object.isFrozen(item)) continue;
    Object.freeze(item);
    if (found.length < FROZEN_MAX) addInner(item, found);
  }
}

function addInner(item: object, found: object[]): void {
  const list = Array.isArray(item);
  const keys = list ? null : Object.keys(item);
  const count = list ? Math.min(item.length, FROZEN_MAX) : (keys as string[]).length;
  for (let i = 0; i < count && found.length < FROZEN_MAX; i++) {
    const inner = Object.getOwnPropertyDescriptor(
      item, keys === null ? i : (keys[i] as string),
    )?.value as unknown;
    if (typeof inner === 'object' && inner !== null) found.push(inner);
  }
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const proto = Object.getPrototypeOf(value) as unknown;
  return proto === Object.prototype || proto === null;
}

/**
 * What the runtime sends to itself: the user's objects in it, arguments of an init for example, are
 * no payload and are not frozen. They may be shared by the whole program.
 */
export class Own<T> {
  constructor(readonly value: T) {}
}

const CHANGED =
  /^Cannot (?:assign to read only property|add property|delete property|define property|redefine property)/;
const HINT = 'was it in a message? Messages are frozen in development, for their sender and their receiver share them: '
  + 'keep a copy (structuredClone(payload), { ...payload }) and change that, or createSystem({ payloads: \'shared\' })';

/** What to tell of a crash that looks like the change of a frozen payload. */
export function frozenHint(reason: unknown): string | undefined {
  try {
    return isError(reason) && reason.name === 'TypeError' && CHANGED.test(reason.message) ? HINT : undefined;
  } catch {
    return undefined; // an error whose getters throw
  }
}

/** Fills the fields of an instance that is kept for V8's sake and never used, see `Exit.kept`. */
export const UNUSED: never = null as never;
