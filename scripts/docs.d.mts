export const SITE: string;
