// The titles of all tests, read from the source, so that nothing has to be run to know them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const ID = /\b([A-Z]{2})-(\d{2})\b/g;

/** Every `it` and `test` below a folder that names items: `{ file, title, ids }`. */
export function titles(folder) {
  return files(folder)
    .flatMap((path) => titlesIn(readFileSync(path, 'utf8'), relative(join(folder, '..'), path)));
}

/** The same of one source text. */
export function titlesIn(text, file) {
  return allTitlesIn(text, file).filter(({ ids }) => ids.length > 0);
}

/** Every `it` and `test` below a folder, whatever its title. */
export function allTitles(folder) {
  return files(folder)
    .flatMap((path) => allTitlesIn(readFileSync(path, 'utf8'), relative(join(folder, '..'), path)));
}

function allTitlesIn(text, file) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      const [title] = node.arguments;
      if (title !== undefined) add(found, file, literal(title));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function add(found, file, title) {
  const ids = [...new Set([...title.matchAll(ID)].map((match) => match[0]))];
  found.push({ file, title, ids });
}

/**
 * `it(…)`, `test(…)`, and what they are called through: `it.each(…)(…)`, `test.concurrent(…)`; a
 * skipped test proves nothing.
 */
function isTest(callee) {
  if (ts.isIdentifier(callee)) return callee.text === 'it' || callee.text === 'test';
  if (ts.isCallExpression(callee)) return isTest(callee.expression);
  if (!ts.isPropertyAccessExpression(callee)) return false;
  return !['skip', 'todo', 'fails', 'skipIf', 'runIf'].includes(callee.name.text) && isTest(callee.expression);
}

/** The constant parts of a title. */
function literal(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('…');
  }
  return '';
}

function files(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.test(-d)?\.ts$/.test(name))
      .sort().map((name) => join(folder, name));
}
