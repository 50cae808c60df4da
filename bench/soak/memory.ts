import { collectGarbage } from '../lib/heap.js';

const MIB = 1_024 * 1_024;

/**
 * Growth that no check can tell from none, over the time that is measured. The heap after a full
 * collection still moves by code and feedback of functions that warm up late (measured: up to 0.4
 * MiB in a minute); resident memory by the pages that V8's young generation, of 16 MiB a half,
 * takes when it grows (measured: up to 18 MiB, once). A leak of 8 bytes in each tenth send is 3 MiB
 * in 45 s.
 */
const NOISE = { heap: 1.5 * MIB, rss: 24 * MIB } as const;
/** Standard errors of the slope that chance may explain. */
const SIGMAS = 3;

export interface Slope {
  /** of the line through the samples, bytes per second */
  readonly bytesPerSecond: number;
  /** above it the line counts as a slope */
  readonly limit: number;
  readonly samples: number;
}

/** Samples of heap and resident memory, each after a full collection, and the lines through them. */
export class Memory {
  readonly #at: number[] = [];
  readonly #heap: number[] = [];
  readonly #rss: number[] = [];

  sample(atMs: number): void {
    collectGarbage();
    const { heapUsed, rss } = process.memoryUsage();
    this.#at.push(atMs / 1_000);
    this.#heap.push(heapUsed);
    this.#rss.push(rss);
  }

  get heap(): Slope {
    return slopeOf(this.#at, this.#heap, NOISE.heap);
  }

  get rss(): Slope {
    return slopeOf(this.#at, this.#rss, NOISE.rss);
  }
}

/** Least squares. `noise` is a growth in bytes over the whole span. */
export function slopeOf(x: readonly number[], y: readonly number[], noise: number): Slope {
  const count = x.length;
  if (count < 3) return { bytesPerSecond: 0, limit: Infinity, samples: count };
  const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / count;
  const [mx, my] = [mean(x), mean(y)];
  let [sxx, sxy] = [0, 0];
  for (let i = 0; i < count; i++) {
    const dx = x[i]! - mx;
    sxx += dx * dx;
    sxy += dx * (y[i]! - my);
  }
  const bytesPerSecond = sxy / sxx;
  let residues = 0;
  for (let i = 0; i < count; i++) residues += (y[i]! - my - bytesPerSecond * (x[i]! - mx)) ** 2;
  const error = Math.sqrt(residues / (count - 2) / sxx);
  return { bytesPerSecond, limit: Math.max(SIGMAS * error, noise / (x.at(-1)! - x[0]!)), samples: count };
}
