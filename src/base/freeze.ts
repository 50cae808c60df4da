/**
 * Freezes a payload through plain objects and arrays, so that a sender's later change throws where it is made.
 * Class instances, Maps, typed arrays and what is already frozen are left alone. Iterative: depth costs no stack.
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
  const open: object[] = [payload];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (!isPlain(item) || Object.isFrozen(item)) continue;
    Object.freeze(item);
    for (const key of Object.keys(item)) {
      const inner = Object.getOwnPropertyDescriptor(item, key)?.value as unknown;
      if (typeof inner === 'object' && inner !== null) open.push(inner);
    }
  }
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const proto = Object.getPrototypeOf(value) as unknown;
  return proto === Object.prototype || proto === null;
}
