import type { TreeNode } from '../../src/observe/public.js';

/** Every node of a forest, parents first. */
export function* everyone(forest: readonly TreeNode[]): Generator<TreeNode> {
  for (const node of forest) {
    yield node;
    yield* everyone(node.children);
  }
}

/** What a process is called: its id among its siblings, its name at the top, else its pid. */
export function addressName({ id, name, pid }: TreeNode): string {
  return id ?? name ?? pid;
}

/** All agents below the process with that title, at any depth. */
export function agentsUnder(forest: readonly TreeNode[], title: string): TreeNode[] {
  for (const node of everyone(forest)) {
    if (addressName(node) === title) return [...everyone(node.children)].filter(({ type }) => type === 'agent');
  }
  return [];
}
