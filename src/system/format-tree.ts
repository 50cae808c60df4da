import type { TreeNode } from '../api/system.js';

/**
 * `system.tree()` as text, a process a line: its name or id, definition, pid and status, then what
 * is queued and how often it was restarted, when that is not 0. O(processes).
 *
 * @example
 * const Worker = defineAgent({ name: 'worker' });
 * await system.supervise({ name: 'top', children: [child('a', Worker), child('b', Worker)] });
 * formatTree(system.tree()).replaceAll(/ \S+\.\d+ /g, ' '); // => 'top supervisor idle\n|- a worker idle\n`- b worker idle'
 * @since 0.2.0
 */
export function formatTree(nodes: readonly TreeNode[]): string {
  const lines: string[] = [];
  for (const node of nodes) {
    lines.push(lineOf(node));
    below(node, '', lines);
  }
  return lines.join('\n');
}

function below(node: TreeNode, indent: string, lines: string[]): void {
  node.children.forEach((child, at) => {
    const last = at === node.children.length - 1;
    lines.push(`${indent}${last ? '`- ' : '|- '}${lineOf(child)}`);
    below(child, `${indent}${last ? '   ' : '|  '}`, lines);
  });
}

function lineOf({ name, id, definition, pid, status, mailbox, restarts }: TreeNode): string {
  const known = name ?? id;
  const counts =
    `${mailbox === 0 ? '' : `, ${mailbox} queued`}${restarts === 0 ? '' : `, restarted ${restarts}x`}`;
  return `${known === undefined || known === definition ? '' : `${known} `}${definition} ${pid} ${status}${counts}`;
}
