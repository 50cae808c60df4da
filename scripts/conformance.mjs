// `npm run conformance`: which of the 400 OTP behaviours of docs/otp.md are proved by a test,
// deviate on record, or are open.
//   npm run conformance               prints the table; exit code 1 when an item is open or the page is out of date
//   npm run conformance -- --write    also writes each item's state into docs/otp.md
//   npm run conformance -- --tests    also lists the tests of every item
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conformance, page, problems, table } from './conformance/items.mjs';
import { titles } from './conformance/titles.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const known = ['--write', '--tests'];
const args = process.argv.slice(2);
const stray = args.find((arg) => !known.includes(arg));
if (stray !== undefined) {
  console.error(`conformance: got '${stray}', expected nothing or one of ${known.join(', ')}`);
  process.exit(2);
}

const otpPath = join(root, 'docs/otp.md');
const otp = readFileSync(otpPath, 'utf8');
const items = conformance(otp, readFileSync(join(root, 'docs/otp-deviations.md'), 'utf8'), titles(join(root, 'test')));
const written = page(otp, items);
if (args.includes('--write') && written !== otp) writeFileSync(otpPath, written);

if (args.includes('--tests')) {
  for (const item of items) {
    console.log(`${item.id} ${item.state}\n${item.tests.map((test) => `    ${test.file}: ${test.title}`).join('\n')}`);
  }
}
console.log(table(items));
const found = problems(items);
if (written !== otp && !args.includes('--write')) {
  found.push('docs/otp.md is out of date: npm run conformance -- --write');
}
for (const problem of found) console.error(problem);
console.log(`${items.length} items, ${found.length} problems`);
process.exitCode = found.length === 0 ? 0 : 1;
