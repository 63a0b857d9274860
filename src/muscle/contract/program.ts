// Where karo-exec is: the Muscle's own file beside the program, or its source when the sources run directly.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The words that start it. Throws when this installation has none. */
export function muscleProgram(): readonly [runtime: string, file: string] {
  const here = import.meta.dirname
  const places = [join(here, 'karo-exec.js'), join(here, '../karo-exec.js'), join(here, '../main.ts')]
  const file = places.find((path) => existsSync(path))
  if (file === undefined) throw new Error('this installation has no karo-exec')
  return [process.execPath, file]
}
