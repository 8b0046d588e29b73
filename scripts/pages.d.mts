/** The Markdown files, by their path in the project. */
export const pages: readonly string[];
