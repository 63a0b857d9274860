// A config.toml with a mistake, beside which a running node goes on with what it read before.
import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { KaroError } from '../../base/errors.ts'

/**
 * What is wrong with the `file`, and where; undefined: it can be used, is not there, or this person may not read
 * it. One that nobody has touched since the `socket` of a node was made is what this node began with, and is not read: that takes ten
 * milliseconds.
 */
export async function brokenFile(file: string, socket?: string): Promise<string | undefined> {
  try {
    accessSync(file, constants.R_OK)
    if (socket === undefined || statSync(file).ctimeMs > statSync(socket).ctimeMs)
      (await import('../../config/load.ts')).loadConfig({ home: dirname(file), env: {} })
    return undefined
  } catch (error) {
    const { where, message } = error as KaroError
    return where && `${where}: ${message}; the file cannot be used`
  }
}
