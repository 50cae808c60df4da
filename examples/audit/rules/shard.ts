/** FNV-1a: which of so many a path belongs to, in every life of the program. */
export function placeOf(path: string, places: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < path.length; at++) hash = Math.imul(hash ^ path.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % places;
}

/** Equal contents meet at one deduper because the hash alone decides which one that is. */
export function shardOf(sha256: string, shards: number): number {
  return Number.parseInt(sha256.slice(0, 8), 16) % shards;
}
