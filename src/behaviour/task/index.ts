/** Tasks. */
export { TaskDefinition } from './definition.js';
export { TaskError } from './error.js';
export { readPlan as readStreamPlan, type StreamStart, TaskStreamImpl } from './stream.js';
export { recordOf, type TaskRecord, TaskResult } from './task.js';
export { TaskVerbsImpl } from './verbs.js';
