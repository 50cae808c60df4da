/** Two keep two cores busy. */
const LANES = 2;

/** Runs all, so many at the same time, in their order; the results are in that order, too. */
export async function inLanes<T>(tasks: readonly (() => Promise<T>)[], lanes: number = LANES): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < tasks.length; at = next++) results[at] = await (tasks[at] as () => Promise<T>)();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
