import type { Source } from './source.js';

/**
 * The shortest run-time import cycle of every knot of files, each starting at its alphabetically
 * first file.
 */
export function runtimeCycles(sources: readonly Source[]): string[][] {
  const known = new Set(sources.map((source) => source.path));
  const graph = new Map(sources.map((source) => [source.path, runtimeTargets(source, known)]));
  const cycles: string[][] = [];
  const reported = new Set<string>();
  for (const start of graph.keys()) {
    if (reported.has(start)) continue;
    const cycle = shortestWayBack(graph, start);
    if (cycle === undefined) continue;
    cycles.push(cycle);
    for (const path of cycle) reported.add(path);
  }
  return cycles;
}

function runtimeTargets(source: Source, known: ReadonlySet<string>): string[] {
  return source.edges.flatMap(
    (edge) => (edge.runtime && edge.target !== undefined && known.has(edge.target) ? [edge.target] : []),
  );
}

/** Breadth first from `start` until an edge leads back to it. */
function shortestWayBack(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const next of graph.get(path) ?? []) {
      if (next === start) return wayTo(cameFrom, start, path);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, path);
      queue.push(next);
    }
  }
  return undefined;
}

function wayTo(cameFrom: ReadonlyMap<string, string>, start: string, end: string): string[] {
  const way = [end];
  for (let path = end; path !== start;) {
    path = cameFrom.get(path) ?? start;
    way.unshift(path);
  }
  return way;
}
