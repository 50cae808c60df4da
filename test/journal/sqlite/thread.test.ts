import ts from 'typescript';
import { expect, it } from 'vitest';
import { STORE_THREAD } from '../../../src/journal/sqlite/thread/index.js';

const NAME = 'store-thread.js';
const OPTIONS: ts.CompilerOptions = {
  allowJs: true, checkJs: true, noEmit: true, strict: false, noImplicitAny: false, noUnusedLocals: true,
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, types: ['node'], skipLibCheck: true,
};

/** What the compiler says of a script. */
function complaints(text: string): string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    (name === NAME ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : read(name, ...rest));
  host.fileExists = (name) => name === NAME || ts.sys.fileExists(name);
  return ts.getPreEmitDiagnostics(ts.createProgram([NAME], OPTIONS, host)).map(
    ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
  );
}

it('the script of the thread is what the compiler would take for a file', () => {
  expect(complaints(`${STORE_THREAD}\nnowhere();`)).toEqual(["Cannot find name 'nowhere'."]);
}, 60_000);
