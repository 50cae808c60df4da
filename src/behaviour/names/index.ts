/** Registries and groups that a program defines. */
export {
  defineRegistry, type Registered, type RegistryDefinition, type RegistryEntry, RegistryEvent,
  type RegistryQuery, RegistryRef, type RegistryRow, type RegistrySpec, type Updated,
} from './registry.js';
export {
  defineScope, type GroupWatch, type Member, type ScopeDefinition, ScopeRef, type ScopeWatch,
} from './scope.js';
