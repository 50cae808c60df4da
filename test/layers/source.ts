import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

/** One import, export-from, import() or import type, as written. */
export interface Edge {
  readonly specifier: string;
  /** The file it means, relative to the root; undefined when it is a package or a module of Node. */
  readonly target: string | undefined;
  /** Whether anything is loaded at run time. */
  readonly runtime: boolean;
  readonly line: number;
}

export interface Source {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly folder: string | undefined;
  readonly file: ts.SourceFile;
  readonly edges: readonly Edge[];
}

/**
 * All TypeScript files below a root, parsed and bound; the checker tells a global from a local of
 * the same name.
 */
export interface SourceTree {
  readonly sources: readonly Source[];
  readonly checker: ts.TypeChecker;
}

export function readTree(root: string): SourceTree {
  const program = ts.createProgram({
    rootNames: listTypeScript(root),
    // Without libraries and resolution every name that no file declares is a global of the platform.
    options: {
      noLib: true, noResolve: true, types: [], moduleDetection: ts.ModuleDetectionKind.Force,
      target: ts.ScriptTarget.ESNext,
    },
  });
  const sources = program.getSourceFiles().map((file): Source => {
    const path = relative(root, file.fileName).split(sep).join('/');
    const slash = path.indexOf('/');
    return { path, folder: slash === -1 ? undefined : path.slice(0, slash), file, edges: edgesOf(path, file) };
  });
  return { sources: sources.sort((a, b) => (a.path < b.path ? -1 : 1)), checker: program.getTypeChecker() };
}

export function listTypeScript(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

export function countLines(path: string): number {
  const text = readFileSync(path, 'utf8');
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

export function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Calls `visit` for every node of a file. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => { walk(child, visit); });
}

function edgesOf(path: string, file: ts.SourceFile): Edge[] {
  const edges: Edge[] = [];
  walk(file, (node) => {
    const found = importOf(node);
    if (found === undefined) return;
    const { specifier, runtime } = found;
    const target = specifier.startsWith('.')
      ? posix.join(dirname(path), specifier).replace(/\.js$/, '.ts')
      : undefined;
    edges.push({ specifier, target, runtime, line: lineOf(file, node) });
  });
  return edges;
}

function importOf(node: ts.Node): { specifier: string; runtime: boolean } | undefined {
  if (ts.isImportDeclaration(node)) {
    return textOf(node.moduleSpecifier, node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword);
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return textOf(node.moduleSpecifier, !node.isTypeOnly);
  }
  if (ts.isImportTypeNode(node)
    && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal, false);
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    return textOf(node.moduleReference.expression, !node.isTypeOnly);
  }
  if (!ts.isCallExpression(node)) return undefined;
  const loads = node.expression.kind === ts.SyntaxKind.ImportKeyword
    || (ts.isIdentifier(node.expression) && node.expression.text === 'require');
  const [argument] = node.arguments;
  return loads && argument !== undefined ? textOf(argument, true) : undefined;
}

function textOf(node: ts.Node, runtime: boolean): { specifier: string; runtime: boolean } | undefined {
  return ts.isStringLiteralLike(node) ? { specifier: node.text, runtime } : undefined;
}
