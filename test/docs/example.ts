// Turns the text of an @example into a function: types are stripped, `// => value` becomes a comparison.
import ts from 'typescript';

/** Compares what a line gave with what its comment says. */
export type Check = (actual: unknown, expected: unknown, line: string) => void;

/** `names` are the values in scope; they are given, in the same order, after `check`. */
export type Example = (check: Check, ...values: unknown[]) => Promise<void>;

const ARROW = /^\/\/ => (.+)$/;
const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...args: string[]
) => Example;

/** Compiles an example; throws for a `// =>` that stands where nothing can be compared. */
export function compileExample(text: string, names: readonly string[]): Example {
  const source = ts.createSourceFile('example.ts', text, ts.ScriptTarget.ESNext, true);
  const wanted = [...text.matchAll(/\/\/ =>/g)].length;
  const statements = source.statements.filter((statement) => !ts.isImportDeclaration(statement)).map(
    (statement) => withCheck(statement, text),
  );
  const checked = statements.filter((statement) => statement.checked).length;
  if (checked !== wanted) {
    throw new Error(
      `${wanted} comments '// =>', but only ${checked} stand behind a statement of their own:\n${text}`,
    );
  }
  const body = `async function example() {\n${statements.map((statement) => statement.code).join('\n')}\n}`;
  return new AsyncFunction('$check', ...names, `${strip(body)}\nawait example();`);
}

interface Checked {
  readonly code: string;
  readonly checked: boolean;
}

function withCheck(statement: ts.Statement, text: string): Checked {
  const code = statement.getText();
  const arrow = (ts.getTrailingCommentRanges(text, statement.end) ?? []).map(
    (range) => ARROW.exec(text.slice(range.pos, range.end)),
  ).find((match) => match !== null);
  const expected = arrow?.[1];
  if (expected === undefined) return { code, checked: false };
  const compare = (actual: string): string => `$check(${actual}, (${expected}), ${JSON.stringify(code)});`;
  if (ts.isExpressionStatement(statement)) {
    return { code: compare(`(${statement.expression.getText()})`), checked: true };
  }
  const [first] = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [];
  if (first !== undefined && ts.isIdentifier(first.name)) {
    return { code: `${code}\n${compare(first.name.text)}`, checked: true };
  }
  throw new Error(`nothing to compare before '// => ${expected}': ${code}`);
}

function strip(code: string): string {
  const { outputText, diagnostics } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: true },
    reportDiagnostics: true,
  });
  const [first] = diagnostics ?? [];
  if (first !== undefined) {
    throw new SyntaxError(`${ts.flattenDiagnosticMessageText(first.messageText, '\n')}\n${code}`);
  }
  return outputText;
}
