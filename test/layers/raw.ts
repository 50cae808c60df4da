import ts from 'typescript';
import { rawGroups } from './layers.js';
import { lineOf, walk } from './source.js';
import type { RawGroup } from './layers.js';
import type { Source } from './source.js';

/** A use of a clock, timer, random source, console, socket … of the platform. */
export interface RawUse {
  readonly name: string;
  readonly group: RawGroup | undefined;
  readonly line: number;
}

const groupOf = new Map<string, RawGroup>(
  (Object.keys(rawGroups) as RawGroup[])
    .flatMap((group) => rawGroups[group].map((name) => [name, group] as const)),
);
/** Globals of which only some members are raw. */
const partlyRaw = new Set(['Math', 'AbortSignal']);
const hosts = new Set(['globalThis', 'global']);

export function rawUses(source: Source, checker: ts.TypeChecker): RawUse[] {
  const uses: RawUse[] = [];
  walk(source.file, (node) => {
    if (!ts.isIdentifier(node) || !isGlobalValue(node, checker)) return;
    for (const name of namesUsed(node)) {
      const group = groupOf.get(name) ?? groupOf.get(name.split('.')[0] ?? name);
      if (group !== undefined || name === 'process' || name.startsWith('process.')) {
        uses.push({ name, group, line: lineOf(source.file, node) });
      }
    }
  });
  return uses;
}

/** Whether an identifier reads a value that no file declares: not a property name, not a type, not a local. */
function isGlobalValue(node: ts.Identifier, checker: ts.TypeChecker): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent) && parent.name === node) {
    return checker.getShorthandAssignmentValueSymbol(parent) === undefined;
  }
  const isRead = isExpressionPosition(node);
  if (!isRead) return false;
  return hosts.has(node.text) || checker.getSymbolAtLocation(node) === undefined;
}


function isExpressionPosition(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isExpressionWithTypeArguments(parent)) {
    return ts.isHeritageClause(parent.parent) && ts.isClassLike(parent.parent.parent);
  }
  if (ts.isQualifiedName(parent) || ts.isTypeNode(parent) || ts.isTypeElement(parent)) return false;
  if (ts.isBindingElement(parent) || ts.isParameter(parent) || ts.isVariableDeclaration(parent)) {
    return parent.initializer === node;
  }
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isImportClause(parent)
    || ts.isNamespaceImport(parent)) return false;
  if (ts.isPropertyDeclaration(parent) || ts.isEnumMember(parent)) return parent.initializer === node;
  if (ts.isMethodDeclaration(parent) || ts.isAccessor(parent) || ts.isLabeledStatement(parent)
    || ts.isBreakOrContinueStatement(parent)) return false;
  return true;
}

/**
 * `process.env` for `process` in `process.env`; the bound members for `const { random } = Math`;
 * else the name itself.
 */
function namesUsed(node: ts.Identifier): string[] {
  const members = membersRead(node);
  if (hosts.has(node.text)) return members ?? [];
  if (members === undefined) return [node.text];
  if (partlyRaw.has(node.text)
    || node.text === 'process') return members.map((member) => `${node.text}.${member}`);
  return [node.text];
}

function membersRead(node: ts.Identifier): string[] | undefined {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return [withHost(parent)];
  if (ts.isElementAccessExpression(parent) && parent.expression === node
    && ts.isStringLiteralLike(parent.argumentExpression)) {
    return [parent.argumentExpression.text];
  }
  if (ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name)) {
    return parent.name.elements.map((element) => (element.propertyName ?? element.name).getText());
  }
  return undefined;
}

/** In `globalThis.process.env` the member of `globalThis` is `process.env`. */
function withHost(access: ts.PropertyAccessExpression): string {
  const outer = access.parent;
  const isHost = ts.isIdentifier(access.expression) && hosts.has(access.expression.text);
  const deeper = isHost && ts.isPropertyAccessExpression(outer)
    && (partlyRaw.has(access.name.text) || access.name.text === 'process');
  return deeper ? `${access.name.text}.${outer.name.text}` : access.name.text;
}
