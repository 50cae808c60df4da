// Type-checks the code of the documentation: virtual files in this folder that import 'castcall' as
// a user would.
import { join, relative } from 'node:path';
import ts from 'typescript';
import { DOORS, root } from './doors.js';

/** The source of what is imported. */
const sources: ReadonlyMap<string, string> = new Map([...DOORS].map(([file, from]) => [from, file]));

/** What the compiler has against these files, by name; strict, as the repository is. */
export function complaints(files: ReadonlyMap<string, string>): string[] {
  const options = baseOptions();
  const host = ts.createCompilerHost(options);
  const at = (name: string): string => join(root, 'test/docs', name);
  const texts = new Map([...files].map(([name, text]) => [at(name), text]));
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, target, ...rest) => {
    const text = texts.get(path);
    return text === undefined ? getSourceFile(path, target, ...rest) : ts.createSourceFile(path, text, target);
  };
  host.resolveModuleNameLiterals = (literals, from, _redirect, given) => literals.map((literal) => {
    const door = sources.get(literal.text);
    if (door === undefined) {
      return ts.resolveModuleName(literal.text, from, given, host, undefined, undefined, ts.ModuleKind.ESNext);
    }
    return { resolvedModule: {
      resolvedFileName: join(root, door), extension: ts.Extension.Ts, isExternalLibraryImport: false,
    } };
  });
  const program = ts.createProgram({ rootNames: [...texts.keys()], options, host });
  return [...texts.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(sentence);
  });
}

function baseOptions(): ts.CompilerOptions {
  const path = join(root, 'tsconfig.base.json');
  const { config } = ts.readConfigFile(path, ts.sys.readFile) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  return { ...options, noEmit: true, isolatedModules: false };
}

function sentence({ file, start, messageText }: ts.Diagnostic): string {
  const line = file === undefined || start === undefined
    ? 0
    : file.getLineAndCharacterOfPosition(start).line + 1;
  return `${file === undefined
    ? ''
    : relative(root, file.fileName)}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}
