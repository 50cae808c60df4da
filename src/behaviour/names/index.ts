/** Registries and groups that a program defines. */
export { defineRegistry, type RegistryDefinition, RegistryEvent, RegistryRef } from './registry.js';
export {
  defineScope, type GroupWatch, type ScopeDefinition, ScopeRef, type ScopeWatch,
} from './scope.js';
