const ids = new WeakMap<WeakKey, number>();
let last = 0;

/** A number for one object, function or symbol, which nothing else ever gets; it keeps nothing alive. */
export function identityOf(one: object | symbol): number {
  let id = ids.get(one);
  if (id === undefined) ids.set(one, (id = ++last));
  return id;
}

/**
 * Classes of the platform whose instances can be read, each by its own kind; here a prototype chain
 * may end.
 */
const READABLE: ReadonlySet<string> = new Set([
  'Object', 'Array', 'Map', 'Set', 'Date', 'RegExp', 'URL', 'Boolean', 'Number', 'String', 'BigInt', 'Symbol',
  'Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError',
  'TypeError', 'URIError',
  'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Buffer', 'Int8Array', 'Uint8Array',
  'Uint8ClampedArray', 'Int16Array',
  'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array',
]);

/** Private fields, also as compilers write them for older engines: state that nobody outside can read. */
const HIDDEN = /#|\[native code\]|__private|\.(?:set|add)\(this\b/;
const seen = new WeakMap<object, boolean>();

/**
 * Whether all that an instance of a class is can be read from outside. Not when it, or a class that
 * it extends, has private fields, or comes with the platform: what is behind a Blob, Headers or a
 * WeakRef shows in no property.
 */
export function isOpen(prototype: object): boolean {
  let open = seen.get(prototype);
  if (open === undefined) seen.set(prototype, (open = read(prototype)));
  return open;
}

function read(prototype: object): boolean {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const made: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof made !== 'function' || made.prototype !== at) return false;
    if (isGlobal(made)) return READABLE.has(made.name);
    if (HIDDEN.test(Function.prototype.toString.call(made))) return false;
  }
  return true;
}

function isGlobal(made: Function): boolean {
  const found = Object.getOwnPropertyDescriptor(globalThis, made.name);
  return found !== undefined
    && (found.value === made || (found.get !== undefined && found.get.call(globalThis) === made));
}
