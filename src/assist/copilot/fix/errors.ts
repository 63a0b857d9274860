// The error that a command printed, given in place of the line.
import { WHO_ARE_YOU } from './git.ts'
import { listening, whoListens } from './ports.ts'
import type { Fix, World } from './rule.ts'

/** Undefined where the text is no error that is known. */
export function ofError(text: string, world: World): Fix | undefined {
  if (/EADDRINUSE|address already in use|port is already allocated/i.test(text)) {
    const port = Number(/:(\d{2,5})\b|\bport:? (\d{2,5})\b/i.exec(text)?.slice(1).find(Boolean))
    return Number.isNaN(port)
      ? { problem: 'Somebody listens at its port already.', line: 'ss -ltnp', sure: true }
      : (listening(port, world, true) ?? {
          problem: `Port ${port} was taken, and nobody listens there now.`,
          line: whoListens(port, world),
          sure: true,
        })
  }
  if (/please tell me who you are|unable to auto-detect email/i.test(text)) return WHO_ARE_YOU
  const module = /No module named ['"]?(\w+)/.exec(text)?.[1]
  if (module !== undefined)
    return {
      problem: `Python has no module ${module} here; the package has its name most of the time.`,
      line: `python3 -m pip install ${module}`,
      sure: false,
    }
  const of = /Cannot find (?:module|package) '((?:@[\w.-]+\/)?\w[\w.-]*)/.exec(text)?.[1]
  return of === undefined
    ? undefined
    : { problem: `Node finds no package ${of} here.`, line: `npm install ${of}`, sure: false }
}
