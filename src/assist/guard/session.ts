// The name of one shell, for exceptions that hold while it runs.
import { readFileSync } from 'node:fs'
import { partsOfStat } from '../../base/run/proc-stat.ts'

/** The process with the moment when it began, so that a number that is used again is another shell; undefined if it is gone. */
export function sessionOf(pid: number): string | undefined {
  try {
    const began = partsOfStat(readFileSync(`/proc/${pid}/stat`, 'latin1')).fields[19]
    return began === undefined ? undefined : `${pid}-${began}`
  } catch {
    return undefined
  }
}

/** Whether the shell of that name is there still. */
export const isOpen = (session: string): boolean => sessionOf(Number.parseInt(session, 10)) === session
