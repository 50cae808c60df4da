import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix, relative, sep } from 'node:path';
import ts from 'typescript';
import {
  doorNamesMax, doorways, fileLinesMax, folderFilesMax, functionLinesMax, hotFolders, layers,
  lineWidth, openFolders, packageDoor, rooms,
  sleepMsMax,
} from './layers.js';
import { runtimeCycles } from './cycles.js';
import { rawUses } from './raw.js';
import { countLines, lineOf, listTypeScript, readTree, walk } from './source.js';
import type { Edge, Source } from './source.js';

export interface Violation {
  readonly rule:
    | 'folder-unknown' | 'folder-full' | 'room-unknown' | 'room' | 'import-forbidden'
    | 'import-deep' | 'import-door' | 'import-cycle'
    | 'package' | 'builtin' | 'raw' | 'hot' | 'door-wide' | 'door-function' | 'file-long'
    | 'function-long' | 'sleep';
  readonly file: string;
  readonly line: number;
  readonly detail: string;
}

/** Everything in a src folder that departs from layers.ts, by file and line. */
export function checkSources(root: string): Violation[] {
  const { sources, checker } = readTree(root);
  const violations = sources.flatMap((source) => [
    ...folderOf(source),
    ...source.edges.flatMap((edge) => edgeOf(source, edge)),
    ...rawOf(source, checker),
    ...hotOf(source),
    ...openOf(source),
    ...longOf(root, source),
  ]);
  const cycles = runtimeCycles(sources).map((cycle): Violation => ({
    rule: 'import-cycle', file: cycle[0] ?? '', line: 1, detail: [...cycle, cycle[0]].join(' -> '),
  }));
  return [...violations, ...cycles, ...fullFolders(sources)];
}

/** Folders that hold more files than one looks through. */
function fullFolders(sources: readonly Source[]): Violation[] {
  const counts = new Map<string, number>();
  for (const { path } of sources) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > folderFilesMax).map(([file, count]): Violation => ({
    rule: 'folder-full', file, line: 1, detail: `${count} files, at most ${folderFilesMax}`,
  }));
}

/** Test files that are too long to read, and tests that sleep. */
export function checkTests(root: string): Violation[] {
  return listTypeScript(root).flatMap((path) => {
    const file = relative(root, path).split(sep).join('/');
    return [...tooLong(file, countLines(path)), ...sleepsOf(file, readFileSync(path, 'utf8'))];
  });
}

/**
 * How many of 1,000 lines are wider than `lineWidth`; what cannot be broken is: texts, examples,
 * some titles.
 */
export function wideOf1000(root: string): number {
  const lines = listTypeScript(root).flatMap((path) => readFileSync(path, 'utf8').split('\n'));
  return (1_000 * lines.filter((line) => line.length > lineWidth).length) / Math.max(1, lines.length);
}

export function format(violation: Violation): string {
  return `${violation.file}:${violation.line} ${violation.rule}: ${violation.detail}`;
}

/**
 * A door may import the index of every folder: src/index.ts, and the public.ts of a folder or room
 * (a sub-path of the package).
 */
function isDoor(path: string): boolean {
  return packageDoor.test(path) && !isInnerDoor(path);
}

function folderOf({ path, folder }: Source): Violation[] {
  const room = roomOf(path);
  if (room !== undefined && folder !== undefined && layers[folder] !== undefined
    && rooms[folder]?.[room] === undefined) {
    return [{
      rule: 'room-unknown', file: path, line: 1,
      detail: `${folder}/${room}/ is no room of ${folder}`,
    }];
  }
  if (path === 'index.ts' || (folder !== undefined && layers[folder] !== undefined)) return [];
  return [{
    rule: 'folder-unknown', file: path, line: 1,
    detail: folder === undefined ? 'only index.ts lives in src itself' : `${folder}/ has no layer`,
  }];
}

function edgeOf(source: Source, edge: Edge): Violation[] {
  const rule = edge.target === undefined ? outsideRule(source, edge) : insideRule(source, edge.target);
  return rule === undefined ? [] : [{ rule, file: source.path, line: edge.line, detail: edge.specifier }];
}

function outsideRule(source: Source, { specifier }: Edge): Violation['rule'] | undefined {
  if (isBuiltin(specifier)) {
    return layers[source.folder ?? '']?.builtins.includes(specifier) === true ? undefined : 'builtin';
  }
  const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  return doorways[name] === source.path ? undefined : 'package';
}

function insideRule(source: Source, target: string): Violation['rule'] | undefined {
  if (isDoor(target) && source.path !== 'index.ts') return 'import-door';
  const folder = target.startsWith('..') ? undefined : target.slice(0, Math.max(0, target.indexOf('/')));
  if (folder === undefined || folder === '') return isDoor(target) ? undefined : 'import-forbidden';
  if (folder === source.folder) {
    if (openFolders.includes(folder)) return undefined;
    const [from, to] = [roomOf(source.path), roomOf(target)];
    return roomRule(folder, from, to) ?? (from === to || isInnerDoor(target) ? undefined : 'import-deep');
  }
  if (!isDoor(source.path)
    && layers[source.folder ?? '']?.imports.includes(folder) !== true) return 'import-forbidden';
  const open = isInnerDoor(target) || isDoor(target) || openFolders.includes(folder);
  return open ? undefined : 'import-deep';
}

/** The `index.ts` of a folder, of one of its rooms, or of a shelf in a room. */
function isInnerDoor(path: string): boolean {
  return path.endsWith('/index.ts');
}

/** The first folder below a folder of src; undefined for what lies in that folder itself. */
function roomOf(path: string): string | undefined {
  const [, room, inner] = path.split('/');
  return inner === undefined ? undefined : room;
}

function roomRule(folder: string, from: string | undefined, to: string | undefined): 'room' | undefined {
  if (from === undefined || from === to) return undefined;
  if (to === undefined) return 'room';
  return rooms[folder]?.[from]?.includes(to) === true ? undefined : 'room';
}

function rawOf(source: Source, checker: ts.TypeChecker): Violation[] {
  const allowed = layers[source.folder ?? '']?.touches ?? [];
  return rawUses(source, checker)
    .filter((use) => use.group === undefined || !allowed.includes(use.group))
    .map((use) => ({ rule: 'raw', file: source.path, line: use.line, detail: use.name }));
}

/** What V8 pays for on every message, in the folders where every message passes. */
function hotOf(source: Source): Violation[] {
  if (!hotFolders.includes(source.folder ?? '')) return [];
  const violations: Violation[] = [];
  walk(source.file, (node) => {
    const detail = coldConstruct(node);
    if (detail !== undefined) {
      violations.push({ rule: 'hot', file: source.path, line: lineOf(source.file, node), detail });
    }
  });
  return violations;
}

/** A file that is a door shows types and values, and not too many. */
function openOf({ path, folder, file }: Source): Violation[] {
  if (!openFolders.includes(folder ?? '')) return [];
  const exported = file.statements.filter((statement) => ts.canHaveModifiers(statement)
    && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true);
  const functions = exported.filter(isFunction).map((statement): Violation => ({
    rule: 'door-function', file: path, line: lineOf(file, statement), detail: 'what acts belongs into a room',
  }));
  if (exported.length <= doorNamesMax) return functions;
  return [...functions, {
    rule: 'door-wide', file: path, line: 1, detail: `${exported.length} names, at most ${doorNamesMax}`,
  }];
}

function isFunction(statement: ts.Statement): boolean {
  return ts.isFunctionDeclaration(statement) || (ts.isVariableStatement(statement)
    && statement.declarationList.declarations.some(({ initializer }) => initializer !== undefined
      && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer))));
}

function coldConstruct(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async function';
  if (ts.isDeleteExpression(node)) return 'delete';
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)
    && node.expression.name.text === 'forEach') return 'forEach';
  return undefined;
}

function longOf(root: string, source: Source): Violation[] {
  const violations = tooLong(source.path, countLines(`${root}/${source.path}`));
  walk(source.file, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const line = lineOf(source.file, node);
    const lines = source.file.getLineAndCharacterOfPosition(node.end).line + 2 - line;
    if (lines <= functionLinesMax) return;
    const name = node.name?.getText(source.file) ?? 'function';
    violations.push({
      rule: 'function-long', file: source.path, line,
      detail: `${name}: ${lines} lines, at most ${functionLinesMax}`,
    });
  });
  return violations;
}

/** Real time that a test waits for: a delay above the limit in a timer, or in a helper that is called sleep. */
function sleepsOf(file: string, text: string): Violation[] {
  const violations: Violation[] = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  walk(source, (node) => {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return;
    const delay =
      {
        setTimeout: node.arguments[1], setInterval: node.arguments[1], sleep: node.arguments[0],
      }[node.expression.text];
    if (delay === undefined || !ts.isNumericLiteral(delay) || Number(delay.text) <= sleepMsMax) return;
    violations.push({
      rule: 'sleep', file, line: lineOf(source, node),
      detail: `${delay.text} ms, at most ${sleepMsMax}: use virtual time`,
    });
  });
  return violations;
}

function tooLong(file: string, lines: number): Violation[] {
  return lines <= fileLinesMax
    ? []
    : [{ rule: 'file-long', file, line: 1, detail: `${lines} lines, at most ${fileLinesMax}` }];
}
