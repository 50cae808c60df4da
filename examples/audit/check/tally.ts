/** What became of the work that was promised. */
export interface Tally {
  /** Expected, but without a result. */
  readonly lost: readonly string[];
  /** Counted more than once, or never expected: once per surplus result. */
  readonly duplicated: readonly string[];
}

/** Counts results against expectations by path, whatever the ledger believes to have filtered. */
export function tally(expected: Iterable<string>, results: Iterable<string>): Tally {
  const open = new Set(expected);
  const lost = new Set(open);
  const duplicated: string[] = [];
  for (const path of results) {
    if (open.delete(path)) lost.delete(path);
    else duplicated.push(path);
  }
  return { lost: [...lost], duplicated };
}
