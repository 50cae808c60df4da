import type { TreeNode } from '../../../src/observe/public.js';
import { everyone, addressName } from '../census.js';
import type { Display, View } from './display.js';
import { bytes, count, counted, duration } from './quantity.js';
import { Rhythm } from './rhythm.js';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What the screen shows beside the view: where the run stands in time. */
export interface Moment {
  readonly title: string;
  readonly elapsedMs: number;
  readonly messagesPerSecond: number;
}

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** A live view in the terminal's second buffer: what stood there before is back when it closes. */
export class ScreenDisplay implements Display {
  readonly #rhythm = new Rhythm(100);
  readonly #title: string;
  readonly #write: (text: string) => void;
  readonly #size: () => ScreenSize;
  readonly #startedAt = performance.now();
  #last = { at: performance.now(), handled: 0 };
  #open = false;

  constructor(title: string, write: (text: string) => void, size: () => ScreenSize) {
    this.#title = title;
    this.#write = write;
    this.#size = size;
  }

  dueInMs(): number {
    return this.#rhythm.dueInMs();
  }

  show(view: View): void {
    this.#rhythm.beat();
    const at = performance.now();
    const seconds = Math.max(0.001, (at - this.#last.at) / 1_000);
    const messagesPerSecond = (view.stats.handled - this.#last.handled) / seconds;
    this.#last = { at, handled: view.stats.handled };
    const lines =
      renderScreen(
        view, { title: this.#title, elapsedMs: at - this.#startedAt, messagesPerSecond },
        this.#size(),
      );
    this.#write(
      `${this.#open ? '' : ENTER}${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\n')}${CLEAR_BELOW}`,
    );
    this.#open = true;
  }

  close(): void {
    if (this.#open) this.#write(LEAVE);
    this.#open = false;
  }

  note(line: string): void {
    this.#write(`${line}\n`);
  }
}

/** At most `rows` lines of at most `columns` characters. */
export function renderScreen(view: View, moment: Moment, size: ScreenSize): string[] {
  const head = [
    `${moment.title} · ${duration(moment.elapsedMs)}`,
    progressLine(view),
    messageLine(view, moment),
    stateLine(view),
    '',
  ];
  return [...head, ...familyLines(view, size.rows - head.length)].slice(0, size.rows).map(
    (line) => fit(line, size.columns),
  );
}

const BAR_LENGTH = 30;

function progressLine({ totals }: View): string {
  const part = totals.found === 0 ? 0 : Math.min(1, totals.done / totals.found);
  const full = Math.round(part * BAR_LENGTH);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_LENGTH - full);
  return `${bar} ${count(
    totals.done,
  )} of ${count(totals.found)} files, ${bytes(totals.bytes)}, ${counted(totals.packages, 'package')}`;
}

function messageLine({ stats }: View, { messagesPerSecond }: Moment): string {
  const rate =
    `${count(stats.handled)} messages (${count(messagesPerSecond)}/s), ${count(stats.queued)} in mailboxes`;
  return `${rate}, ${counted(stats.crashes, 'crash', 'crashes')}, ${counted(stats.restarts, 'restart')}`;
}

function stateLine({ tree }: View): string {
  const states = new Map<string, number>();
  for (const { type, status } of everyone(tree)) {
    if (type === 'agent') states.set(status, (states.get(status) ?? 0) + 1);
  }
  return `agents: ${[...states].sort(([left], [right]) => inOrder.compare(left, right)).map(
    ([status, agents]) => `${count(agents)} ${status}`,
  ).join(', ')}`;
}

const NAME_WIDTH = 24;
const STATUS_WIDTH = 10;
const DEPTH_BAR_MAX = 10;
const GROUP_MAX = 64;

/**
 * The tree as it is now, one line for every process; where there is no room, as many agents of each
 * group as fit.
 */
function familyLines(view: View, room: number): string[] {
  const forest = sorted(view.tree);
  for (let agentsMax = GROUP_MAX; agentsMax > 0; agentsMax--) {
    const lines = siblingLines(forest, 0, view.reading, agentsMax);
    if (lines.length <= room) return lines;
  }
  return [];
}

/**
 * In the order of their names: a restarted agent is the youngest of its siblings, and would jump to
 * the end.
 */
function sorted(forest: readonly TreeNode[]): TreeNode[] {
  return forest
    .map((node) => ({ ...node, children: sorted(node.children) }))
    .sort((left, right) => inOrder.compare(addressName(left), addressName(right)));
}

function siblingLines(
  siblings: readonly TreeNode[], depth: number, reading: View['reading'], agentsMax: number,
): string[] {
  const agents = siblings.filter(({ type }) => type !== 'supervisor');
  const hidden = agents.splice(agentsMax);
  const lines = agents.map((node) => familyLine(node, depth, reading));
  if (hidden.length > 0) lines.push(hiddenLine(hidden, depth));
  for (const node of siblings) {
    if (node.type === 'supervisor') {
      lines.push(
        familyLine(node, depth, reading),
        ...siblingLines(node.children, depth + 1, reading, agentsMax),
      );
    }
  }
  return lines;
}

function hiddenLine(hidden: readonly TreeNode[], depth: number): string {
  const title = `${'  '.repeat(depth)}… ${count(hidden.length)} more`.padEnd(NAME_WIDTH + STATUS_WIDTH + 1);
  return `${title} ${mailboxBar(hidden.reduce((sum, { mailbox }) => sum + mailbox, 0))}`;
}

const inOrder = new Intl.Collator('en', { numeric: true });

function familyLine(node: TreeNode, depth: number, reading: View['reading']): string {
  const name = `${'  '.repeat(depth)}${addressName(node)}`.padEnd(NAME_WIDTH);
  if (node.type === 'supervisor') {
    return `${name} ${counted(node.children.reduce((sum, below) => sum + below.restarts, 0), 'restart')}`;
  }
  return `${name} ${node.status.padEnd(STATUS_WIDTH)} ${mailboxBar(node.mailbox)} ${reading.get(node.pid) ?? ''}`;
}

function mailboxBar(messages: number): string {
  return `${String(messages).padStart(4)} ${'▪'.repeat(Math.min(DEPTH_BAR_MAX, messages)).padEnd(DEPTH_BAR_MAX)}`;
}

/** File names are data from elsewhere: control characters would move the cursor. */
function fit(line: string, columns: number): string {
  const clean = line.replace(/[\x00-\x1f\x7f-\x9f]/g, '?');
  return clean.length <= columns ? clean.trimEnd() : `${clean.slice(0, Math.max(0, columns - 1))}…`;
}
