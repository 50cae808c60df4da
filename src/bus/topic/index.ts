/** Topics: what is published reaches every current subscriber. */
export { readReplay, readSubscribe } from './options.js';
export { Reader, type Waiting } from './reader.js';
export { Offer } from './subscriber.js';
export { TopicImpl } from './topic.js';
export { Topics } from './topics.js';
