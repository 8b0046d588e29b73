import type { TerraformContent } from './provider-lock.mjs';

export function isInitialized(directory: string, content: TerraformContent, program: string): boolean;
export function recordInitialized(directory: string, content: TerraformContent, program: string): void;
