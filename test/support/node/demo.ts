// karo demo as a person starts it, at a terminal: only there its agent gets what it needs.
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { atEnd } from '../run/processes.ts'
import { PATIENCE_MS } from '../run/until.ts'
import { programInTerminal } from '../shell/terminal-run.ts'
import { temporaryHome } from './node.ts'

/** Eight daemons and some thirty commands, one after the other, on a machine that runs other tests. */
export const DEMO_MS = 4 * PATIENCE_MS

export const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`)

/** `directory`: it makes its own one there. What it prints is in a file. */
export function startDemo(directory: string, ...words: string[]) {
  const printed = join(directory, 'printed')
  // Where this is root, the jail of the agent runs as somebody else, who has to get there.
  chmodSync(directory, 0o711)
  const script = `exec "$NODE" "$KARO" demo "$@" >'${printed}'`
  const env = { TMPDIR: directory }
  const demo = programInTerminal('/bin/sh', ['-c', script, 'sh', ...words], temporaryHome(), env)
  atEnd(() => {
    if (isAlive(demo.pid)) process.kill(demo.pid, 'SIGKILL')
  })
  return { demo, printed: () => (existsSync(printed) ? readFileSync(printed, 'utf8') : '') }
}
