export function obstacle(kind: string): string | undefined;
export function openTofuObstacle(): string | undefined;
