/** Applications: trees with names, dependencies and callbacks. The door of `castcall/application`. */
export {
  Application, type ApplicationContext, type ApplicationEnv, ApplicationError,
  type ApplicationInfo, type ApplicationReport, Applications, type ApplicationSpec,
  type ApplicationType, defineApplication, type EnsureOptions, type StartApplicationOptions,
  type WithState,
} from './index.js';
