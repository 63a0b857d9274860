// The name of one shell, for exceptions that hold while it runs.
import { readFileSync } from 'node:fs'

/** The process with the moment when it began, so that a number that is used again is another shell; undefined if it is gone. */
export function sessionOf(pid: number): string | undefined {
  try {
    // The second field is a name, which may have blanks and brackets; the moment is the twentieth behind it.
    const began = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/s, '').trim().split(' ')[19]
    return began === undefined ? undefined : `${pid}-${began}`
  } catch {
    return undefined
  }
}

/** Whether the shell of that name is there still. */
export const isOpen = (session: string): boolean => sessionOf(Number.parseInt(session, 10)) === session
