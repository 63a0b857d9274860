// The error that a command printed, given in place of the line.
import { WHO_ARE_YOU } from './git.ts'
import { listening, whoListens } from './ports.ts'
import { type Fix, found, type World } from './rule.ts'

/** Lines that fail with these errors. */
const LINES: readonly (readonly [error: RegExp, line: string])[] = [
  [/(?:command not found|Unknown command): (\S+)/, '$1'],
  [/([^\s:]+): (?:command )?not found/, '$1'],
  [/not a git repository/, 'git status'],
  [/missing script: "?([\w:-]+)/i, 'npm run $1'],
]

/** The line that failed, as far as its error tells it. */
export function lineOf(text: string): string | undefined {
  const found = LINES.map(([error, line]) => error.exec(text)?.[0].replace(error, line))
  return found.find((line) => line !== undefined)
}

/** Nothing where the text is no error that is known. */
export function ofError(text: string, world: World): readonly Fix[] {
  if (/EADDRINUSE|address already in use|port is already allocated/i.test(text)) {
    const port = Number(/:(\d{2,5})\b|\bport:? (\d{2,5})\b/i.exec(text)?.slice(1).find(Boolean))
    if (Number.isNaN(port)) return found('Somebody listens at its port already.', 'ss -ltnp')
    const now = listening(port, world, true)
    return now === undefined
      ? found(`Port ${port} was taken, and nobody listens there now.`, whoListens(port, world))
      : [now]
  }
  if (/please tell me who you are|unable to auto-detect email/i.test(text)) return WHO_ARE_YOU
  if (/Permission denied \(.*publickey/.test(text))
    return found('The other side takes none of your keys; this lists those that ssh offers.', 'ssh-add -l')
  const module = /No module named ['"]?(\w+)/.exec(text)?.[1]
  if (module !== undefined)
    return found(
      `Python has no module ${module} here; the package has its name most of the time.`,
      `python3 -m pip install ${module}`,
      false,
    )
  const of = /Cannot find (?:module|package) '((?:@[\w.-]+\/)?\w[\w.-]*)/.exec(text)?.[1]
  return of === undefined ? [] : found(`Node finds no package ${of} here.`, `npm install ${of}`, false)
}
