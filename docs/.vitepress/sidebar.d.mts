export const sidebar: Readonly<Record<string, readonly string[]>>;
