/** Registries, process groups, providers of names. The door of `castcall/names`. */
export { Via, type ViaProvider } from '../../api/address.js';
export {
  anything, type Member, type Pattern, type Registered, type RegistryEntry, type RegistryQuery,
  type RegistryRow, type RegistrySpec, type Updated,
} from '../../api/names.js';
export { GroupChange, type GroupMonitorRef, via } from '../../router/names/index.js';
export {
  defineRegistry, defineScope, type GroupWatch, type RegistryDefinition, RegistryEvent, RegistryRef,
  type ScopeDefinition, ScopeRef, type ScopeWatch,
} from './index.js';
