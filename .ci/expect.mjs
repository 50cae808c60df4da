// Reads what a step printed and fails when it is not what the step promises.
//   expect.mjs bench FILE required|optional NAME…    expect.mjs audit FILE
import { readFileSync } from 'node:fs';

const [what, path, ...rest] = process.argv.slice(2);
const printed = readFileSync(path, 'utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '');
const problems = { bench: benchProblems, audit: auditProblems }[what](...rest);

process.stdout.write(`${printed.slice(-40).join('\n')}\n`);
for (const problem of problems) console.error(`expected: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

function benchProblems(beam, ...names) {
  const results = printed.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return names.flatMap((name) => {
    const result = results.find((each) => each.metric === name);
    if (result === undefined) return [`a JSON line for ${name}`];
    return beam === 'required' && (result.beam === null || result.beam === undefined) ? [`${name} with a figure of the BEAM`] : [];
  });
}

function auditProblems() {
  const result = JSON.parse(printed.at(-1) ?? 'null');
  return [
    [result?.ok === true, '"ok": true'],
    [result?.lost === 0, '"lost": 0'],
    [result?.duplicated === 0, '"duplicated": 0'],
    [result?.crashes >= 1, '"crashes" of at least 1'],
  ].flatMap(([holds, text]) => (holds ? [] : [text]));
}
