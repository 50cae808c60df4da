// The public symbols as the compiler sees them: what the doors export, with doc comments and
// examples. Only syntax and names are read, so nothing outside `src` is parsed.
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root: string = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** One exported name, or one member of an exported class or interface. */
export interface PublicSymbol {
  /** `defineAgent`, `System.start` */
  readonly name: string;
  /** what it is imported from, `castcall/supervisor` */
  readonly from: string;
  /** its declaration, for messages */
  readonly place: string;
  readonly kind: 'value' | 'type' | 'member';
  readonly documented: boolean;
  /** its doc comments, as they are written */
  readonly text: string;
  /** its declared type hands out a promise, or an iterator of promises */
  readonly promises: boolean;
  readonly examples: readonly string[];
}

/** The doors of the package, as package.json names them: the source of each, and what it is imported from. */
export const DOORS: ReadonlyMap<string, string> = readDoors();

function readDoors(): Map<string, string> {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  return new Map(Object.entries(exports).flatMap(([path, target]) => (typeof target === 'string'
    ? []
    : [[
      target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'), path.replace('.', 'castcall'),
    ] as const])));
}

/**
 * All public symbols, each once, however many doors export it; from the first that exports it as
 * what it is.
 */
export function publicSymbols(): PublicSymbol[] {
  const program = createProgram();
  const checker = program.getTypeChecker();
  const found = new Map<string, PublicSymbol>();
  for (const [door, from] of DOORS) {
    const file = program.getSourceFile(join(root, door));
    const module = file === undefined ? undefined : checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`no such door: ${door}`);
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = (exported.flags & ts.SymbolFlags.Alias) === 0
        ? exported
        : checker.getAliasedSymbol(exported);
      for (const one of read(exported.name, from, symbol, isTypeOnly(exported, checker))) {
        if (found.get(one.name) === undefined
          || (one.kind === 'value' && found.get(one.name)?.kind === 'type')) {
          found.set(one.name, one);
        }
      }
    }
  }
  return [...found.values()];
}

function createProgram(): ts.Program {
  const options: ts.CompilerOptions = {
    noLib: true, types: [], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (literals, from) => literals.map(({ text }) => {
    if (!text.startsWith('.')) return { resolvedModule: undefined };
    const resolvedFileName = join(dirname(from), text.replace(/\.js$/, '.ts'));
    return { resolvedModule: { resolvedFileName, extension: ts.Extension.Ts, isExternalLibraryImport: false } };
  });
  return ts.createProgram({ rootNames: [...DOORS.keys()].map((door) => join(root, door)), options, host });
}

/** A class that is exported as a type does not exist at run time for whoever imports it. */
function isTypeOnly(exported: ts.Symbol, checker: ts.TypeChecker): boolean {
  for (let at: ts.Symbol | undefined = exported; at !== undefined
    && (at.flags & ts.SymbolFlags.Alias) !== 0; at =
    next(at, checker)) {
    if (at.declarations?.some(ts.isTypeOnlyImportOrExportDeclaration) === true) return true;
  }
  return false;
}

/** One step along a chain of re-exports. */
function next(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol | undefined {
  const declaration = symbol.declarations?.[0];
  return declaration !== undefined && ts.isExportSpecifier(declaration)
    ? checker.getExportSpecifierLocalTargetSymbol(declaration) ?? checker.getAliasedSymbol(symbol)
    : checker.getAliasedSymbol(symbol);
}

function read(name: string, from: string, symbol: ts.Symbol, typeOnly: boolean): PublicSymbol[] {
  const declarations = symbol.declarations ?? [];
  const own = describeSymbol(
    name, from, declarations, !typeOnly && declarations.some(isValue) ? 'value' : 'type',
  );
  return [own, ...declarations.flatMap(membersOf).map(
    (member) => describeSymbol(`${name}.${memberName(member)}`, from, [member], 'member'),
  )];
}

function describeSymbol(
  name: string, from: string, declarations: readonly ts.Declaration[], kind: PublicSymbol['kind'],
): PublicSymbol {
  const docs = declarations.flatMap(commentsOf);
  const at = declarations[0];
  return {
    name,
    from,
    place: at === undefined ? 'nowhere' : relative(root, at.getSourceFile().fileName),
    kind,
    documented: docs.some((doc) => (ts.getTextOfJSDocComment(doc.comment) ?? '').trim() !== ''),
    text: docs.map((doc) => doc.getText()).join('\n'),
    promises: declarations.some(handsOutPromises),
    examples: docs.flatMap((doc) => (doc.tags ?? []).filter((tag) => tag.tagName.text === 'example')
      .map(exampleText)),
  };
}

/** The comment of a `const` hangs at the statement, not at the declaration. */
function commentsOf(declaration: ts.Declaration): ts.JSDoc[] {
  const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return ts.getJSDocCommentsAndTags(holder).filter(ts.isJSDoc);
}

/** From the source, not from the parsed comment: the parser takes `{…}` and `@` apart. */
function exampleText(tag: ts.JSDocTag): string {
  const raw = tag.getSourceFile().text.slice(tag.tagName.end, tag.end);
  return raw.split('\n').map((line) => line.replace(/^\s*\*( |$)/, '')).join('\n')
    .replace(/\*\/\s*$/, '').replace(
      /\s*\*\s*$/, '',
    ).trim();
}

/** By the words of its return type, or of its own type: names of ours are read where they are declared. */
function handsOutPromises(node: ts.Declaration): boolean {
  const { type } = node as { readonly type?: ts.TypeNode };
  return type !== undefined && /\b(Promise|AsyncIterable|AsyncIterableIterator|AsyncGenerator)</.test(
    type.getText().replace(/^\(.*?\) =>/s, ''),
  );
}

function isValue(node: ts.Declaration): boolean {
  return ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isVariableDeclaration(node);
}

function membersOf(node: ts.Declaration): (ts.ClassElement | ts.TypeElement)[] {
  if (!ts.isClassDeclaration(node) && !ts.isInterfaceDeclaration(node)) return [];
  return [...node.members].filter((member) => member.name !== undefined && ts.isIdentifier(member.name));
}

function memberName(member: ts.ClassElement | ts.TypeElement): string {
  return member.name !== undefined && ts.isIdentifier(member.name) ? member.name.text : '';
}
