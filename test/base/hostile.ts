/** Values that hurt whoever touches them carelessly, by name. */
export function hostileValues(): Record<string, unknown> {
  const trap = (): never => {
    throw new Error('trap');
  };
  const everyTrap = new Proxy({}, {
    get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap,
    set: trap, defineProperty: trap, isExtensible: trap, preventExtensions: trap,
  });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const revokedArray = Proxy.revocable([], {});
  revokedArray.revoke();
  const cyclic: Record<string, unknown> = { name: 'loop' };
  cyclic['self'] = cyclic;
  const ring: unknown[] = [1];
  ring.push(ring, { ring });
  const throwingError = new Error('fine');
  for (const key of ['stack', 'name', 'message', 'code', 'cause', 'toString', 'constructor']) {
    Object.defineProperty(throwingError, key, { get: trap });
  }
  const oddError = new Error('odd');
  Object.defineProperty(oddError, 'name', { value: Symbol('odd') });
  return {
    undefined, null: null, NaN: Number.NaN, symbol: Symbol('s'), bigint: 12n, function: trap,
    'proxy with every trap': everyTrap, 'revoked proxy': revoked.proxy,
    'revoked array proxy': revokedArray.proxy,
    'throwing getters': Object.defineProperty({}, 'boom', { get: trap, enumerable: true }),
    'throwing then': Object.defineProperty({}, 'then', { get: trap }),
    'throwing toString': { toString: trap, valueOf: trap, toJSON: trap, [Symbol.toPrimitive]: trap },
    cyclic, ring, 'error with throwing getters': throwingError, 'error with odd fields': oddError,
    'no prototype': Object.create(null) as object, 'long string': 'x'.repeat(
      100_000,
    ), 'many keys': Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])),
  };
}
