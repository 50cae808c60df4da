import { expect, test } from 'vitest';
import { formatTree, type TreeNode } from '../../src/observe/public.js';

function node(name: string, fields: Partial<TreeNode> = {}): TreeNode {
  return {
    pid: `s.${name}` as TreeNode['pid'], name: undefined, id: name, type: 'agent',
    definition: 'worker', status: 'idle', mailbox: 0, restarts: 0, children: [], ...fields,
  };
}

test('formatTree draws a line for each process, under its parent, with what is not 0', () => {
  const tree = [
    node('top', {
      name: 'top', definition: 'supervisor', children: [
        node('a', { children: [node('a1'), node('a2', { mailbox: 3 })] }),
        node('b', { restarts: 2, children: [node('b1', { id: undefined })] }),
      ],
    }),
    node('alone', { id: undefined }),
  ];
  expect(formatTree(tree).split('\n')).toEqual([
    'top supervisor s.top idle',
    '|- a worker s.a idle',
    '|  |- a1 worker s.a1 idle',
    '|  `- a2 worker s.a2 idle, 3 queued',
    '`- b worker s.b idle, restarted 2x',
    '   `- worker s.b1 idle',
    'worker s.alone idle',
  ]);
  expect(formatTree([])).toBe('');
});
