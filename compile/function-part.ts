import { packageTemplate, render, type TemplateValues } from '../postgres/template.ts';

/** Renders a template of the private schema's functions, or a part of one, without the end of its last line. */
export function functionPart(name: string, values: TemplateValues): string {
  return render(packageTemplate(`compile/functions/${name}`), values).trimEnd();
}
