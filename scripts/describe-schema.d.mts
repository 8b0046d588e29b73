export function describeSchema(schema: object): object;
