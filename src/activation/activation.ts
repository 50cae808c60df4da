import type { Host } from '../behaviour/gen/index.js';
import type { Subtree } from '../api/activation/subtree.js';
import { Activations } from './address/index.js';
import { Messages } from './message/index.js';
import { SubtreeImpl } from './subtree/index.js';

/** Fills the port: the addresses of a system. */
export function offerActivation(host: Host): void {
  const activations = new Activations(host);
  host.extensions.set('activation', () => activations);
  let messages: Messages | null = null;
  host.extensions.set('messages', () => (messages ??= new Messages(host, activations)));
}

/** What is sent to agents by ref, address, name or tag; made when it is used first. */
export function messagesOf(host: Host): Messages {
  return host.extensions.get('messages')?.(null, null) as Messages;
}

/** The addresses of a system. */
export function activationsOf(host: Host): Activations {
  return host.extensions.get('activation')?.(null, null) as Activations;
}

/** All addresses below a prefix. */
export function subtreeOf(host: Host, prefix: unknown): Subtree {
  return new SubtreeImpl(activationsOf(host), prefix);
}
