/**
 * What the rarer verbs of a process take and give: requests in flight, monitors, aliases, timers,
 * flags. The door of `castcall/process`.
 */
export type {
  AliasOptions, DemonitorOptions, KernelVerbs, Monitored, MonitorOptions, ProcessFlags,
  ProcessSpawnOptions, SendOptions, SignalOptions, TimerOptions, TimerQuery, Timers,
} from '../api/process.js';
export { Undeliverable } from '../api/messages.js';
export { UpcastError } from '../mailbox/message/index.js';
export type {
  CollectionWait, LabelledResponse, MultiCallResult, RequestCollection, RequestId, RequestVerbs,
  Response, ResponseWait,
} from '../api/requests.js';
export { abcast, multiCall, RequestAnswer } from '../behaviour/gen/request/index.js';
