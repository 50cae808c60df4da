// The list of OTP's behaviours, what is on record about them, and what the tests prove: all as data.

/** One item a line: id, difficulty, verified on the BEAM, our state, the behaviour. */
const ITEM =
  /^- ([A-Z]{2}-\d{2}) · ([EMH]) · (V27|V|-) · (?:(proved|stricter|differs|not applicable|waits|open) · )?(.*)$/gm;
const ENTRY = /^- ([A-Z]{2}-\d{2}) · (.*?) · (.+)$/gm;
const RECORDED = ['stricter', 'differs', 'not applicable', 'waits'];

/**
 * All items in the order of the list, each with its state, reason and tests. Throws for input that
 * contradicts itself.
 */
export function conformance(otp, deviations, titles) {
  const items =
    [...otp.matchAll(ITEM)]
      .map(([, id, , , , text]) => ({ id, text, state: 'open', reason: undefined, tests: [] }));
  const byId = new Map(items.map((item) => [item.id, item]));
  if (byId.size !== items.length) throw new Error('docs/otp.md: an id stands twice');
  for (const [, id, state, reason] of deviations.matchAll(ENTRY)) {
    const item = byId.get(id);
    if (item === undefined) throw new Error(`docs/otp-deviations.md: ${id} is no item of docs/otp.md`);
    if (item.reason !== undefined) throw new Error(`docs/otp-deviations.md: ${id} has two entries`);
    if (!RECORDED.includes(state)) {
      throw new Error(`docs/otp-deviations.md: ${id}: got '${state}', expected one of ${RECORDED.join(', ')}`);
    }
    Object.assign(item, { recorded: state, reason });
  }
  const groups = new Set(items.map((item) => item.id.slice(0, 2)));
  for (const title of titles) {
    for (const id of title.ids) {
      if (groups.has(id.slice(0, 2)) && !byId.has(id)) {
        throw new Error(`${title.file}: '${title.title}' names ${id}, which is no item of docs/otp.md`);
      }
      byId.get(id)?.tests.push(title);
    }
  }
  for (const item of items) item.state = stateOf(item);
  return items;
}

/**
 * What castcall does instead is proved by a test like any other behaviour; entries that say why
 * there is nothing stand alone.
 */
function stateOf({ recorded, tests }) {
  if (recorded === 'not applicable' || recorded === 'waits') return recorded;
  if (tests.length === 0) return 'open';
  return recorded ?? 'proved';
}

/** The page with today's states. */
export function page(otp, items) {
  const states = new Map(items.map((item) => [item.id, item.state]));
  return otp.replace(ITEM, (_, id, difficulty, verified, _state, text) =>
    `- ${id} · ${difficulty} · ${verified} · ${states.get(id)} · ${text}`);
}

const COLUMNS = ['proved', 'stricter', 'differs', 'not applicable', 'waits', 'open'];

/** A table by group. */
export function table(items) {
  const groups = new Map();
  for (const item of items) {
    const group = item.id.slice(0, 2);
    groups.set(group, [...(groups.get(group) ?? []), item]);
  }
  const count = (list, state) => list.filter((item) => item.state === state).length;
  const row = (name, list) => [name, list.length, ...COLUMNS.map((state) => count(list, state))];
  const rows =
    [['group', 'items', ...COLUMNS], ...[...groups].map(([name, list]) => row(name, list)), row('all', items)];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((each) => String(each[column]).length)));
  return rows.map((each) => each.map(
    (cell, column) => (column === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[column])),
  ).join('  ')).join('\n');
}

/** What keeps the list from being complete, one line each. */
export function problems(items) {
  return items.filter((item) => item.state === 'open').map(({ id, text, recorded }) => (recorded === undefined
    ? `${id} is open: no test names it and docs/otp-deviations.md has no entry: ${text.slice(0, 110)}`
    : `${id} is open: its entry says ${recorded}, but no test proves it`));
}
