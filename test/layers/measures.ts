import ts from 'typescript';
import { openFolders, packageDoor } from './layers.js';
import type { Source } from './source.js';

/** What is counted of the house, largest or worst first where there is an order. */
export interface Measures {
  /** Names that leave through the `index.ts` of a folder or room, or through a file of an open folder. */
  readonly doors: readonly (readonly [folder: string, names: number])[];
  /** Names that leave through each door of the package. */
  readonly packageDoors: readonly (readonly [path: string, names: readonly string[]])[];
  /** Files that name each other in a circle, types included. */
  readonly knots: readonly (readonly string[])[];
  /** Statements outside `mailbox` that write a counter of the account: `file:line`. */
  readonly counterWrites: readonly string[];
  /** Lines that bridge two types by `as never`: `file:line`. */
  readonly nevers: readonly string[];
}

export function measure(sources: readonly Source[]): Measures {
  return {
    doors: sources.flatMap(doorOf).sort(([, a], [, b]) => b - a),
    packageDoors: sources.filter(({ path }) => packageDoor.test(path))
      .map(({ path, file }) => [path, file.statements.flatMap(reexported)]),
    knots: knotsOf(sources).filter(({ length }) => length > 1).sort((a, b) => b.length - a.length),
    counterWrites: sources.filter(({ folder }) => folder !== 'mailbox')
      .flatMap((one) => linesWith(one, COUNTER)),
    nevers: sources.flatMap((one) => linesWith(one, /\bas never\b/g)),
  };
}

const COUNTER =
  /(?:\b(?:mailbox|box|signals|outside|columns|\w*Columns\))\.(?:sent|handled|size|dropped)|\btally\(\)(?:\.\w+|\[[^\]]+\]))\s*(?:\+\+|--|[+-]?=(?!=))/g;

function linesWith({ path, file }: Source, pattern: RegExp): string[] {
  const lines = [...file.text.matchAll(pattern)]
    .map(({ index }) => file.getLineAndCharacterOfPosition(index).line + 1);
  return [...new Set(lines)].map((line) => `${path}:${line}`);
}

function doorOf({ path, folder = '', file }: Source): [string, number][] {
  if (!path.endsWith('/index.ts') && !openFolders.includes(folder)) return [];
  const names = file.statements.reduce((sum, one) => sum + namesOf(one), 0);
  return [[path.replace(/\/index\.ts$/, ''), names]];
}

/** What a door of the package hands on; it says nothing of its own. */
function reexported(statement: ts.Statement): string[] {
  if (!ts.isExportDeclaration(statement)) return [`a statement: ${statement.getText()}`];
  const clause = statement.exportClause;
  return clause !== undefined && ts.isNamedExports(clause)
    ? clause.elements.map(({ name }) => name.text)
    : [`all of ${statement.moduleSpecifier?.getText() ?? ''}`];
}

/** Names that leave through more than one door of the package, with the doors. */
export function twice(doors: Measures['packageDoors']): string[] {
  const byName = new Map<string, string[]>();
  for (const [path, names] of doors) {
    for (const name of names) byName.set(name, [...byName.get(name) ?? [], path]);
  }
  return [...byName].filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name}: ${paths.join(', ')}`);
}

/** `export *` hides what it opens, and counts as one name too many for any door. */
function namesOf(statement: ts.Statement): number {
  if (ts.isExportDeclaration(statement)) {
    const clause = statement.exportClause;
    return clause !== undefined && ts.isNamedExports(clause)
      ? clause.elements.length
      : Number.POSITIVE_INFINITY;
  }
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true ? 1 : 0;
}

/** Strongly connected files, by Tarjan's way. */
function knotsOf(sources: readonly Source[]): string[][] {
  const graph = new Map(sources.map(({ path, edges }) => [path, edges.flatMap(({ target }) => target ?? [])]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const on = new Set<string>();
  const knots: string[][] = [];
  const lower = (path: string, to: number): void => {
    low.set(path, Math.min(low.get(path) ?? to, to));
  };
  const visit = (path: string): void => {
    const at = index.size;
    index.set(path, at);
    lower(path, at);
    stack.push(path);
    on.add(path);
    for (const next of graph.get(path) ?? []) {
      if (!graph.has(next)) continue;
      if (!index.has(next)) visit(next);
      if (on.has(next)) lower(path, low.get(next) ?? at);
    }
    if (low.get(path) !== at) return;
    const knot = stack.splice(stack.indexOf(path));
    for (const one of knot) on.delete(one);
    knots.push(knot);
  };
  for (const path of graph.keys()) if (!index.has(path)) visit(path);
  return knots;
}
