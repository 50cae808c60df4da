/** Equal contents meet at one deduper because the hash alone decides which one that is. */
export function shardOf(sha256: string, shards: number): number {
  return Number.parseInt(sha256.slice(0, 8), 16) % shards;
}
