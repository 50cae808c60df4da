import type { TreeNode } from '../../src/index.js';

/** Every node of a forest, parents first. */
export function* everyone(forest: readonly TreeNode[]): Generator<TreeNode> {
  for (const node of forest) {
    yield node;
    yield* everyone(node.children);
  }
}

/** All agents below the process that its supervisor knows by that id, at any depth. */
export function agentsUnder(forest: readonly TreeNode[], id: string): TreeNode[] {
  for (const node of everyone(forest)) {
    if (node.id === id) return [...everyone(node.children)].filter(({ type }) => type === 'agent');
  }
  return [];
}
