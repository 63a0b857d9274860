// Why a daemon cannot start where another one holds the home, loaded only then: the other one runs, or it hangs.
import type { HomePaths } from '../config/paths.ts'

export async function secondDaemon(error: unknown, paths: HomePaths, service: boolean): Promise<unknown> {
  const { asHung } = await import('./doctor/hung.ts')
  return await asHung(error, paths, service)
}
