export function pluginCache(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
