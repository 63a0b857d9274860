// The check of AI coding tools: the program of each hook exists, and the hook handles errors as the guard's owner wants
// it.
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { isOwn } from '../own.ts'
import { type Finding, ok, type SafeFix, warn } from '../result.ts'
import type { ToolHookLook, World } from '../world.ts'
import { homeOf } from './terminal.ts'

export async function toolHooks(world: World): Promise<readonly Finding[]> {
  const found = world.toolHooks().map((look) => {
    const finding = judgeToolHook(look, world.homeFlag, (program) => isThere(program, world.env.PATH))
    if (finding.safe === undefined || isOwn(look.file, world.uid)) return finding
    // Root with the HOME of somebody else.
    const { safe: _, ...shown } = finding
    return shown
  })
  return found.length > 0 ? found : [ok('no tool of yours has the hook (karo hook list)')]
}

/** `isThere` is asked for absolute paths, and for `karo`. */
export function judgeToolHook(
  { tool, title, file, lines, placed, expected, trust, refresh }: ToolHookLook,
  homeFlag: string,
  isThere: (program: string) => boolean,
): Finding {
  const install = `karo hook install ${tool}${homeFlag}`
  const safe: SafeFix = { says: `rewrite the hook in ${file}`, apply: refresh }
  const [line] = lines
  if (line === undefined) return warn(`${file} is not valid for ${title}, so its hooks may not run`)
  if (lines.length > 1) return warn(`${file} has ${lines.length} hooks of Karo that differ`, install, safe)
  const stops = isStopping(line)
  const gone = programsIn(line).find((program) => !isThere(program))
  if (gone !== undefined) {
    const then = stops ? `${title} cannot run commands` : `${title} runs its commands without a check`
    return warn(`the hook in ${file} names ${gone}, which does not exist: ${then}`, install, safe)
  }
  // Of several nodes of one person a tool asks for one.
  if (homeOf(line) !== homeOf(expected)) return ok(`${title} asks for another node (${file})`)
  if (stops !== isStopping(expected)) {
    const differs = stops ? `"allow", and ${title} still stops` : `"block", and ${title} still goes on`
    return warn(`guard.on_error is ${differs} where Karo is missing or breaks (${file})`, install, safe)
  }
  if (!placed) return warn(`the hook in ${file} is missing at some events`, install, safe)
  if (trust === 'untrusted' || trust === 'disabled')
    return warn(
      `${title} does not run the hook in ${file}, because you have ${trust === 'disabled' ? 'switched it off' : 'not trusted it'} there`,
      `type /hooks in ${title}, and trust the hook of Karo`,
    )
  return ok(`${title} (${file})`)
}

/** What the tool takes for a refusal when Karo itself fails. */
const isStopping = (line: string): boolean => /\|\| exit 2\b/.test(line)

/** `karo` alone, or the runtime and the program that the line runs; not the home it names, which may be yet to be. */
function programsIn(line: string): readonly string[] {
  const words = line.replace(/ --home (?:'[^']*'|\S+)/, '').matchAll(/(?<=^| )(?:'(\/[^']*)'|(\/\S+))/g)
  const paths = [...words].map(([, quoted, bare]) => quoted ?? bare ?? '')
  return paths.length > 0 ? [...new Set(paths)] : ['karo']
}

function isThere(program: string, path = ''): boolean {
  if (program.startsWith('/')) return existsSync(program)
  return path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
