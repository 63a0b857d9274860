// Explains why a daemon cannot start while another one holds the home: the other one runs, or it hangs. Loaded only then.
import type { HomePaths } from '../config/paths.ts'

export async function secondDaemon(error: unknown, paths: HomePaths, service: boolean): Promise<unknown> {
  const { asHung } = await import('./doctor/hung.ts')
  return await asHung(error, paths, service)
}
