/** Registries, process groups, providers of names. The door of `castcall/names`. */
export { Via, type ViaProvider } from '../../api/address.js';
export {
  anything, GroupChange, type GroupMonitorRef, type Pattern, via,
} from '../../router/names/index.js';
export {
  defineRegistry, defineScope, type GroupWatch, type Member, type Registered,
  type RegistryDefinition, type RegistryEntry, RegistryEvent, type RegistryQuery, RegistryRef,
  type RegistryRow, type RegistrySpec, type ScopeDefinition, ScopeRef, type ScopeWatch,
  type Updated,
} from './index.js';
