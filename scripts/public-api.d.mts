export const FOLDER: string;
export function entryPoints(): { report: string; specifier: string; source: string }[];
export function publicApi(): Promise<Map<string, string>>;
