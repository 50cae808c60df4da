/** Services: definitions, what they give and fail with, their messages. The door of `castcall/service`. */
export {
  type Complete, Completion, type Invoke, type InvokeOptions, type MessageFailure, type MessageHead,
  type RecordedMessage, type SenderDiagnostics, type ServiceDefinition, type ServiceLoad, type ServiceMessage,
  type ServiceOperation, type ServiceOperations, type ServiceRequest, type ServiceRequestOptions, type ServiceResponse,
  type ServiceRetry, type ServiceSpec, type ServiceStats, type ServiceWeigh, type ServiceWeight, type StartedWorkers,
  type Submission, type SubmissionNode, type WorkDiagnostics,
} from '../../api/bus/service.js';
export type { Service, ServiceOptions, ServiceVerbs } from '../../api/bus/verbs.js';
export { defineService, encodeMessage, parseMessage, ServiceError } from './index.js';
