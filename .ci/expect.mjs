// Reads what a step printed and fails when it is not what the step promises.
//   expect.mjs bench FILE required|optional NAME…    expect.mjs audit|killed FILE
import { readFileSync } from 'node:fs';

const STATES = ['open', 'half-open', 'closed'];
const [what, path, ...rest] = process.argv.slice(2);
const printed = readFileSync(path, 'utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '');
const problems = { bench: benchProblems, audit: auditProblems, killed: killedProblems }[what](...rest);

process.stdout.write(`${printed.slice(-40).join('\n')}\n`);
for (const problem of problems) console.error(`expected: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

function benchProblems(beam, ...names) {
  const results = printed.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return names.flatMap((name) => {
    const result = results.find((each) => each.metric === name);
    if (result === undefined) return [`a JSON line for ${name}`];
    const alone = result.beam === null || result.beam === undefined;
    return beam === 'required' && alone ? [`${name} with a figure of the BEAM`] : [];
  });
}

/** Whether the whole, which is above 0, is the sum of all its parts, each an integer from 0. */
function addsUp(account, whole, came = 0) {
  const { [whole]: own, ...parts } = account ?? {};
  const counts = Object.values(parts);
  const total = own + came;
  return total > 0 && counts.every((count) => Number.isInteger(count) && count >= 0)
    && counts.reduce((sum, count) => sum + count, 0) === total;
}

/** Every delivery, of this life or found in the store, has one outcome. */
function deliveriesAddUp({ recovered, ...deliveries } = {}) {
  return Number.isInteger(recovered) && addsUp(deliveries, 'accepted', recovered);
}

/** Killed at least five times, and nothing of it can be seen in the result. */
function killedProblems() {
  const result = JSON.parse(printed.at(-1) ?? 'null');
  return [
    [result?.ok === true, '"ok": true'],
    [result?.lost === 0, '"lost": 0'],
    [result?.duplicated === 0, '"duplicated": 0'],
    [result?.kills >= 5, '"kills" of at least 5'],
    [result?.store === 'disk', '"store": "disk"'],
    [addsUp(result?.account, 'sent'), '"account" where every message sent has one outcome'],
    [deliveriesAddUp(result?.deliveries), '"deliveries" where every one has one outcome'],
  ].flatMap(([holds, text]) => (holds ? [] : [text]));
}

function auditProblems() {
  const result = JSON.parse(printed.at(-1) ?? 'null');
  return [
    [result?.ok === true, '"ok": true'],
    [result?.lost === 0, '"lost": 0'],
    [result?.duplicated === 0, '"duplicated": 0'],
    [result?.crashes >= (result?.chaos === 'high' ? 50 : 1), '"crashes" of at least 50 under chaos high, else 1'],
    [STATES.every((state) => result?.breaker?.states.includes(state)) && result.breaker.opened >= 1,
      `a "breaker" that was ${STATES.join(', ')}`],
    [addsUp(result?.account, 'sent'), '"account" where every message sent has one outcome'],
    [deliveriesAddUp(result?.deliveries), '"deliveries" where every one accepted has one outcome'],
    [result?.delivered > 0 && result.delivered - result.retried >= result.deliveries?.accepted,
      '"delivered" of every accepted delivery, beside the "retried" ones'],
    [result?.deliveries?.failed === 0, 'no delivery that failed for good'],
    [result?.chaos !== 'high' || (result.retried > 0 && result.duplicatesSuppressed > 0),
      '"retried" and "duplicatesSuppressed" above 0 under chaos high'],
    [Number.isInteger(result?.deadLettered), '"deadLettered"'],
  ].flatMap(([holds, text]) => (holds ? [] : [text]));
}
