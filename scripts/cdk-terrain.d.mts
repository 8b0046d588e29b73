export const terrainModules: string;
export function installTerrain(): void;
export function terrainObstacle(): string | undefined;
