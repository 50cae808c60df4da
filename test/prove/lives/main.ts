// A life of a program with durable things: `node main.js` waits for one line, the order, and works until it is killed.
import { orderLine, tellErrors, tellLine } from '../child/pipe.js';
import { activationLife } from './activation/life.js';
import { compactionLife } from './compaction/life.js';
import { queueLife } from './queue/life.js';
import { scheduleLife } from './schedule/life.js';
import { topicLife } from './topic/life.js';
import type { Life, LifeOrder, Tell } from './variant.js';

const LIVES: Readonly<Record<string, Life>> = {
  topics: topicLife, schedules: scheduleLife, queues: queueLife, addresses: activationLife, logs: compactionLife,
};

const tell: Tell = (...line) => tellLine(JSON.stringify(line));
tellErrors((text) => {
  tell('Y', text);
  process.exit(1);
});
const order = JSON.parse(await orderLine()) as LifeOrder;
process.stdin.destroy();
await (LIVES[order.variant] as Life)(order, tell);
tell('E');
process.exit();
