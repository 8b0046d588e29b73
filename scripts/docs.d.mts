export const SITE: string;
export function sitePages(): string[];
