// Writes docs/audit-rules.md from the rules of the audit.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { SUBJECTS, type RuleDescription } from '../audit/rule.ts';
import { ALL_RULES } from '../audit/rules/index.ts';

export const PAGE = new URL('../docs/audit-rules.md', import.meta.url);

const INTRODUCTION = `# Rules of the audit

<!-- npm run audit-rules writes this page -->

The audit reads the catalogs of a database. An error keeps a deploy from committing (\`audit_failed\`); a warning does
not. \`secured-postgrest audit\` runs it at any time, without changing anything. A finding names its rule, the object,
the problem and the fix. [How a deploy uses the audit](roles-and-access.md#the-audit).
[Audit any database](audit.md) explains the command, levels and reports.`;

/** The page with every rule, below the headings of their subjects. */
export async function renderPage(): Promise<string> {
  const sections = SUBJECTS.map((subject) => {
    const rules = ALL_RULES.filter((rule) => rule.subject === subject);
    return [`## ${subject[0]!.toUpperCase()}${subject.slice(1)}`, ...rules.map(renderRule)].join('\n\n');
  });
  return format([INTRODUCTION, ...sections].join('\n\n'), { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

function renderRule(rule: RuleDescription): string {
  return [`### \`${rule.id}\``, wrapped(`**${levels(rule)}** ${rule.why}`), wrapped(`Fix: ${rule.fix}`)].join('\n\n');
}

function levels({ levels: [first, second], otherLevelWhen }: RuleDescription): string {
  const name = `${first[0]!.toUpperCase()}${first.slice(1)}`;
  if (second === undefined) return `${name}.`;
  return `${name}; ${second === 'warning' ? 'a' : 'an'} ${second} ${otherLevelWhen}.`;
}

/** Wraps prose at 120 characters. */
function wrapped(text: string): string {
  return text.replaceAll(/(.{1,120})(?: |$)/g, '$1\n').trimEnd();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(PAGE, await renderPage());
}
