/** Applications: trees with names, dependencies and callbacks. The door of `castcall/application`. */
export type {
  ApplicationContext, ApplicationEnv, ApplicationInfo, ApplicationReport, ApplicationType,
  EnsureOptions, StartApplicationOptions,
} from '../../api/supervisor.js';
export {
  Application, ApplicationError, Applications, type ApplicationSpec, defineApplication,
  type WithState,
} from './index.js';
