// The server that plays an agent, where every jail of a test sees it.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { workDirectory } from '../muscle/muscle.ts'

/** The directory that it lies in, of this test alone. */
export function serverDirectory(): string {
  const directory = workDirectory()
  copyFileSync(join(import.meta.dirname, 'server.mjs'), join(directory, 'server.mjs'))
  return directory
}
