/** Agents that are started because a message came for their address. */
export { Activation } from './activation.js';
export { Activations, type Woken } from './activations.js';
export { addressPath, checkAddress, isUnder, partsOf } from './path.js';
export { AddressRefImpl } from './ref.js';
