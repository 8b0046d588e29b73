import { z } from 'zod';
import { declarationShape } from './shape.ts';

/**
 * The JSON schema (draft 7, which editors know best) of a declaration in JSON. `declare` checks more than it can say. The build adds
 * descriptions from the doc comments of `DeclarationInput`.
 */
export function declarationJsonSchema(): object {
  return {
    title: 'cdktf-secured-postgrest declaration',
    ...z.toJSONSchema(declarationShape, { io: 'input', target: 'draft-7' }),
  };
}
