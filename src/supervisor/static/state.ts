import type { Process } from '../../process/record/index.js';
import { Children, Intensity } from '../core/index.js';
import type { Restarting } from '../core/index.js';
import type { Limits, Tree } from '../spec/index.js';
import type { SupervisorInit } from './source.js';

/** The state of a static supervisor, which is an ordinary agent. */
export class SupervisorState implements Restarting {
  readonly family: Children;
  intensity: Intensity;
  /**
   * the flags; the specs of its children are with the children, so that what is forgotten there is
   * forgotten
   */
  tree: Omit<Tree, 'children'>;
  constructor(
    readonly p: Process,
    tree: Tree,
    /** makes the spec again when the code changes */
    public make: SupervisorInit | null,
  ) {
    this.family = new Children(p);
    this.tree = flagsOf(tree);
    this.intensity = new Intensity(tree.intensity, tree.periodMs);
  }

  get limits(): Limits {
    return this.tree;
  }
}

export function flagsOf(
  { strategy, autoShutdown, intensity, periodMs, backoff, name, partitions }: Tree,
): Omit<Tree, 'children'> {
  return { strategy, autoShutdown, intensity, periodMs, backoff, name, partitions };
}
