export const TARGET: string;
export function statementNames(): string;
