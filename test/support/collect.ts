/** Rounds of collection before an object counts as held: some 2 s. */
const ROUNDS = 100;

/** Collects all garbage now. Throws without `--expose-gc`. */
export function collect(): void {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  void globalThis.gc();
}

/**
 * How many of them are still held once collecting has got them down to `most`, or has gone on in vain
 * for long. One round is not enough: what V8 compiles in the background holds what it embeds into the
 * code until it is done, which takes its time on a busy machine.
 */
export async function heldAfter(
  refs: readonly WeakRef<object>[], most = 0, rounds = ROUNDS,
): Promise<number> {
  let held = refs.length;
  for (let round = 0; round < rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(round, 20)));
    collect();
    held = refs.filter((ref) => ref.deref() !== undefined).length;
    if (held <= most) break;
  }
  return held;
}
