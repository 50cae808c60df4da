// A life: `node main.js` waits for one line, the order, and works on a store until it is killed. The order is read
// after everything is loaded, so that a parent may keep the next life ready.
import { subjectOf } from '../subject/subjects.js';
import type { Order } from '../subject/subject.js';
import { orderLine, tellErrors, tellLine } from './pipe.js';

tellErrors((text) => tellLine(`Y ${text}`));
const order = JSON.parse(await orderLine()) as Order;
process.stdin.destroy();
await subjectOf(order.subject).work(order, tellLine);
