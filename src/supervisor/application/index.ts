/** Trees with names, dependencies and callbacks. */
export {
  Application, type ApplicationContext, type ApplicationEnv, ApplicationError,
  type ApplicationSpec, type ApplicationType, defineApplication, type WithState,
} from './application.js';
export {
  type ApplicationInfo, type ApplicationReport, Applications, type EnsureOptions,
  type StartApplicationOptions,
} from './applications.js';
export { belongsTo, masterDefinition } from './master.js';
