/** Trees with names, dependencies and callbacks. */
export {
  Application, ApplicationError, type ApplicationSpec, defineApplication, type WithState,
} from './application.js';
export { Applications } from './applications.js';
export { belongsTo, masterDefinition } from './master.js';
