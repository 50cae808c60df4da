/**
 * Addresses, messages to agents by address or tag: their types, and how any text becomes a part of an
 * address. The door of `castcall/activation`.
 */
export { addressPath } from './index.js';
export type { ActivateOptions, AddressParts, AddressRef } from '../api/activation/address.js';
export type {
  MessageAnswer, MessageEvent, MessageOptions, MessageStream, MessageTarget, Tags,
} from '../api/activation/message.js';
export type { Subtree } from '../api/activation/subtree.js';
