import { Module } from 'node:module';
import { terrainModules } from '../../scripts/cdk-terrain.mjs';

// Node reads the variable when it starts, and here once more: constructs find CDK Terrain as if it were installed beside them.
process.env['NODE_PATH'] = terrainModules;
(Module as unknown as { _initPaths(): void })._initPaths();
