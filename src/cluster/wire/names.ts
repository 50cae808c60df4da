import { OptionError } from '../../base/index.js';

/** Letters of the name of a node, so that the head of a frame has a bound. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The name of a node; throws an OptionError for anything else. */
export function nodeName(where: string, name: unknown): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw new OptionError(
    where, name, 'the name of a node: up to 64 letters, digits, dots, underscores and hyphens',
    'begin it with a letter or digit',
  );
}

/** Whether what a frame says can be a node, and an incarnation of it. */
export function isNodeName(name: string): boolean {
  return NAME.test(name);
}
