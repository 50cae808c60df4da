// `npm run api`: writes docs/api.txt, every export of the package with its signature, sorted, so that a change of what
// users see is seen in review. `npm run api -- --check` writes nothing and fails when the file is stale.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const file = join(root, 'docs', 'api.txt');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The declaration file of every source, by path; comments and what is marked `@internal` are left out. */
function declarations() {
  const src = join(root, 'src');
  const made = new Map();
  for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    const { outputText } = ts.transpileDeclaration(readFileSync(path, 'utf8'), {
      fileName: path, reportDiagnostics: false, compilerOptions: {
        target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, stripInternal: true,
      },
    });
    made.set(path.replace(/\.ts$/, '.d.ts'), outputText);
  }
  return made;
}

/** A program over the declarations alone; nothing is resolved outside of them. */
function programOf(made) {
  const options = {
    module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022,
    noLib: true, types: [],
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => made.get(path) ?? readFile(path);
  host.fileExists = (path) => made.has(path) || (!path.startsWith(join(root, 'src')) && fileExists(path));
  host.getSourceFile = (path, version) =>
    (made.has(path) ? ts.createSourceFile(path, made.get(path), version, true) : getSourceFile(path, version));
  return ts.createProgram({ rootNames: [...made.keys()], options, host });
}

const printer = ts.createPrinter({ removeComments: true });

function textOf(symbol) {
  const texts = (symbol.declarations ?? []).map((declaration) => {
    const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    return printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
  });
  return [...new Set(texts)].join('\n').replace(/^export (?:declare )?|^declare /gm, '').replace(
    /^ {4,}/gm, (indent) => ' '.repeat(indent.length / 2),
  );
}

/** The source of an entry of `exports` in package.json. */
const sourceOf = (built) => join(root, built.replace('./dist/', 'src/'));

export function apiText() {
  const made = declarations();
  const program = programOf(made);
  const checker = program.getTypeChecker();
  const doors = Object.entries(manifest.exports).filter(([, target]) => typeof target === 'object');
  const parts = doors.map(([name, { types }]) => {
    const source = program.getSourceFile(sourceOf(types));
    if (source === undefined) {
      throw new Error(`${relative(root, sourceOf(types))} is an entry of package.json and does not exist`);
    }
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
    const lines = exported.map((symbol) => {
      const real = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
      const text = textOf(real);
      return [symbol.name, symbol.name === real.name ? text : `${text}   (as ${symbol.name})`];
    });
    lines.sort(([a], [b]) => (a < b ? -1 : 1));
    const title = `${manifest.name}${name.slice(1)}`;
    return `## ${title}: ${lines.length} names\n\n${lines.map(([, text]) => text).join('\n\n')}\n`;
  });
  return `# What the package exports. Written by \`npm run api\`.\n\n${parts.join('\n')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = apiText();
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
    console.log(`${relative(root, file)}: ${text.split('\n').length} lines`);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error('docs/api.txt is stale: run `npm run api` and look at what changes for users');
    process.exit(1);
  }
}
