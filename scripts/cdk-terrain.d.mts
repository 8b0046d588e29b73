export const terrainModules: string;
export function terrainObstacle(): string | undefined;
