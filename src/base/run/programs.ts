// Programs of this machine: which files may be run, and which one a name means.
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { orElse } from './or-else.ts'

/** Whether there is a file that this process may run. */
export const canRun = (file: string): boolean =>
  orElse(() => {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  }, false)

/** The first program of that name in the directories of a PATH. */
export const onPath = (name: string, path = ''): string | undefined =>
  path
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find(canRun)
