/** A file of vitest's report in JSON. */
interface TestResult {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages: readonly string[];
  }[];
}

export function filesToTryAgain(testResults: readonly TestResult[]): string[];
export function failedTests(testResults: readonly TestResult[]): string[];
