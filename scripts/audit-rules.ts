// Writes docs/audit-rules.md from the rules of the audit.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { ANYWHERE_RULES } from '../audit/anywhere/rules/index.ts';
import { SUBJECTS, type RuleDescription, type Subject } from '../audit/rule.ts';
import { ALL_RULES } from '../audit/rules/index.ts';

export const PAGE = new URL('../docs/audit-rules.md', import.meta.url);

const INTRODUCTION = `# Rules of the audit

<!-- npm run audit-rules writes this page -->

\`secured-postgrest audit\` reads the catalogs of any database, and changes nothing. Its levels say what requests reach:
an error is reached, a warning probably is, or makes requests slow or fail; an info is reached by nothing now.
[Audit any database](audit.md) explains the command, levels and reports.

A deploy checks the declared part of its database more strictly: whatever is open and not declared is an error, which keeps
the deploy from committing (\`audit_failed\`); a warning does not. [How a deploy uses the audit](roles-and-access.md#the-audit).`;

/** The page with every rule, below the headings of their subjects. */
export async function renderPage(): Promise<string> {
  const sections = SUBJECTS.map((subject) => {
    const ids = idsOf(subject);
    return [`## ${subject[0]!.toUpperCase()}${subject.slice(1)}`, ...ids.map(renderRules)].join('\n\n');
  });
  return format([INTRODUCTION, ...sections].join('\n\n'), { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

/** Ids of rules of any database, then those that only deploys check. */
function idsOf(subject: Subject): string[] {
  const known = new Set(ANYWHERE_RULES.map(({ id }) => id));
  const ofDeploys = ALL_RULES.filter((rule) => rule.subject === subject && !known.has(rule.id));
  return [...ANYWHERE_RULES.filter((rule) => rule.subject === subject), ...ofDeploys].map(({ id }) => id);
}

function renderRules(id: string): string {
  const ofDeploys = ALL_RULES.find((rule) => rule.id === id);
  const anywhere = ANYWHERE_RULES.find((rule) => rule.id === id);
  return [
    `### \`${id}\``,
    ...(anywhere ? renderRule(anywhere, 'Any database: ') : []),
    ...(ofDeploys ? renderRule(ofDeploys, 'A deploy: ') : []),
  ].join('\n\n');
}

function renderRule(rule: RuleDescription, where: string): string[] {
  return [wrapped(`**${where}${levels(rule)}** ${rule.why}`), wrapped(`Fix: ${rule.fix}`)];
}

function levels({ levels: [first, second], otherLevelWhen }: RuleDescription): string {
  if (second === undefined) return `${first}.`;
  return `${first}; ${second} ${otherLevelWhen}.`;
}

/** Wraps prose at 120 characters. */
function wrapped(text: string): string {
  return text.replaceAll(/(.{1,120})(?: |$)/g, '$1\n').trimEnd();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(PAGE, await renderPage());
}
