// Looks at the program of an agent that is to be added, so that what cannot start is refused at once and not at its first task.
import { open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { KaroError } from '../../base/errors.ts'
import type { Wanted } from './manifest.ts'

/** Bytes of a script in which the kernel looks for its interpreter. */
const FIRST_LINE = 256

/** Throws KaroError `refused` for a file that is not executable, and for a script whose interpreter is missing. A file that does not exist is not refused here. */
export async function checkProgram({
  argv: [program = ''],
  cwd,
}: Pick<Wanted, 'argv' | 'cwd'>): Promise<void> {
  const path = resolve(cwd, program)
  // The address of a server is no path that is there.
  const is = program.includes('/') ? await stat(path).catch(() => undefined) : undefined
  if (is?.isFile() !== true) return
  const refused = (why: string, hint: string): KaroError =>
    new KaroError('refused', `the agent could not start: ${why}`, { where: 'COMMAND', hint })
  if ((is.mode & 0o111) === 0)
    throw refused(
      `${path} is not executable`,
      `Make it so, chmod +x ${path}, or name its interpreter before it.`,
    )
  const file = await open(path).catch(() => undefined)
  const { buffer } = (await file?.read(Buffer.alloc(FIRST_LINE))) ?? { buffer: Buffer.alloc(0) }
  await file?.close()
  const [, interpreter] = /^#![ \t]*(\/\S+)/.exec(buffer.toString('latin1')) ?? []
  if (interpreter !== undefined && (await stat(interpreter).catch(() => undefined)) === undefined)
    throw refused(
      `${path} needs ${interpreter}, which is not there`,
      'Install it, or name another interpreter in its first line.',
    )
}
