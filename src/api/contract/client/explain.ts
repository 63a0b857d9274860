// Errors of the connection between command line and daemon, in words that say what to do.
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { KaroError } from '../../../base/errors.ts'
import { homePaths, servicePaths } from '../../../config/paths.ts'

export const tooLate = (deadlineMs: number, socketPath: string): KaroError =>
  hangs(`the daemon did not answer within ${deadlineMs / 1000} s`, socketPath)

const hangs = (message: string, socketPath: string): KaroError =>
  new KaroError('timeout', message, {
    where: socketPath,
    hint:
      socketPath === servicePaths({}).socket
        ? 'It hangs, or the machine is busy; karo doctor tells which. To restart it: sudo systemctl restart karo'
        : 'It hangs, or the machine is busy; karo doctor tells which, and how to end it.',
  })

/** A sentence that says how the current user gets access to the machine's node; it begins with `purpose`. */
export function joinGroup(purpose: string): string {
  return `${purpose}, have an administrator run  usermod -aG karo ${ownName()}  and log in again.`
}

function ownName(): string {
  try {
    return userInfo().username
  } catch {
    // This uid has no user name.
    return '<your name>'
  }
}

/** True for the errors of a daemon that is stopped or restarting. */
export const isAway = (error: unknown): error is KaroError =>
  error instanceof KaroError && (error.code === 'not_running' || error.code === 'unavailable')

/** The directory of the node with that socket: a person's own socket may lie in a directory that is gone after each start of the machine. */
function homeOf(socketPath: string): string {
  try {
    const { socket, home } = homePaths(process.env)
    if (socket === socketPath) return home
  } catch {
    // Without a home of one's own the node is another one, named by its directory.
  }
  return dirname(socketPath)
}

/** Turns a system error of a connection to `socketPath` into an error for people. */
export function explain(error: Error, socketPath: string): KaroError {
  if (error instanceof KaroError) return error
  const code = (error as NodeJS.ErrnoException).code
  const isMachine = socketPath === servicePaths({}).socket
  // The queue of waiting connections is full, so the daemon accepts none.
  if (code === 'EAGAIN') return hangs('the daemon accepts no connection', socketPath)
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') {
    const home = homeOf(socketPath)
    if (!isMachine && !existsSync(home))
      return new KaroError('not_running', 'no node is set up here yet', {
        where: home,
        hint: 'karo up --background  makes one and starts it; one that is elsewhere is named by --home or KARO_HOME.',
      })
    const start = isMachine ? 'sudo systemctl start karo' : 'karo up --background'
    return new KaroError('not_running', 'the node is not running', {
      where: socketPath,
      hint: `Start it with: ${start}`,
    })
  }
  if ((code === 'EACCES' || code === 'EPERM') && isMachine) {
    return new KaroError('refused', "this machine's node is for members of the group karo", {
      where: socketPath,
      hint: joinGroup('To use it'),
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new KaroError('bad_file', 'the control socket belongs to another user', {
      where: socketPath,
      hint: 'Run this as the user that runs the daemon, as a member of its group, or choose your own home with --home.',
    })
  }
  return new KaroError('unavailable', `the daemon ended the connection: ${error.message}`, {
    where: socketPath,
    hint: 'It may have been stopped; karo status shows whether it runs.',
  })
}
