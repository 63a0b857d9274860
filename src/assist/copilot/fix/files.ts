// Files and directories that are not there, are there already, or are of another kind than the command takes.
import { basename, dirname, join } from 'node:path'
import { closest } from '../../../base/suggest.ts'
import { absolute, type Fix, found, NOT_FOUND, quoted, type Rule } from './rule.ts'

/** Programs whose words are files that have to be there; of the last ones the last word is made. */
const READ =
  'cat less more head tail tac nl wc sort diff grep sed awk vim vi nano cd ls rm stat file chmod chown tar unzip gunzip du open rmdir pushd'.split(
    ' ',
  )
/** Only the first word is a file, and none where an option is in front, such as -c. */
export const RUNNERS = 'python python3 node bash sh zsh perl ruby php deno bun source .'.split(' ')
const MAKE = ['cp', 'mv', 'ln', 'rsync', 'install']
/** The first word is no file. */
const SKIP: Readonly<Record<string, number>> = { grep: 1, chmod: 1, chown: 1, sed: 1, awk: 1 }

export const files: Rule = (call, { world, knowledge, exitCode }) => {
  const { tool, args } = call
  const takesValue = (option = ''): boolean =>
    knowledge.command(tool)?.o?.some(({ n, a }) => n.includes(option) && a?.endsWith('?') === false) ?? false
  const words = args.flatMap((text, i) => {
    const before = args[i - 1]
    const isValue = before?.startsWith('-') && (/^\d+$/.test(text) || takesValue(before))
    return isValue || text.startsWith('-') || /[*?$`[{]/.test(text)
      ? []
      : [{ text, at: i + 1, path: absolute(text, world) }]
  })
  const kind = (path: string | undefined) => (path === undefined ? undefined : world.kind(path))
  // Only short options are read letter by letter: the r in --force does not mean -r.
  const letters = args.filter((word) => /^-[a-zA-Z]/.test(word)).join('')
  const isSaid = (of: RegExp, ...long: readonly string[]): boolean =>
    of.test(letters) || long.some((option) => args.includes(option))
  const first = words[0]
  const last = words.at(-1)
  if (tool === 'mkdir' && last !== undefined && !isSaid(/p/, '--parents')) {
    if (kind(last.path) !== undefined)
      return kind(last.path) === 'directory'
        ? found(`${last.text} is there already.`, `cd ${quoted(last.text)}`)
        : found(`A file with the name ${last.text} is there already.`)
    if (kind(dirname(last.path)) === undefined)
      return found(`The directory above ${last.text} is not there.`, call.behind(0, '-p'))
  }
  if (tool === 'cp' && !isSaid(/[raR]/, '--recursive', '--archive')) {
    const directory = words.slice(0, -1).find(({ path }) => kind(path) === 'directory')
    if (directory !== undefined)
      return found(`${directory.text} is a directory; cp copies one with -r only.`, call.behind(0, '-r'))
  }
  if (tool === 'rm' && !isSaid(/[rRd]/, '--recursive', '--dir')) {
    const directory = words.find(({ path }) => kind(path) === 'directory')
    if (directory !== undefined)
      return world.list(directory.path).length === 0
        ? found(`${directory.text} is a directory.`, call.swap(0, 'rmdir'))
        : found(
            `${directory.text} is a directory; rm removes one with all that is in it with -r only.`,
            call.behind(0, '-r'),
            false,
          )
  }
  if (tool === 'rmdir' && kind(first?.path) === 'directory' && world.list(first!.path).length > 0)
    return found(`${first!.text} is not empty.`, `ls -A ${quoted(first!.text)}`)
  if ((tool === 'cd' || tool === 'pushd') && kind(first?.path) === 'file')
    return found(`${first!.text} is a file, and no directory.`, `less ${quoted(first!.text)}`, false)
  const needed = tool.includes('/')
    ? (exitCode ?? NOT_FOUND) === NOT_FOUND && /^[~\w./-]+$/.test(tool)
      ? [{ text: tool, at: 0, path: absolute(tool, world) }]
      : []
    : RUNNERS.includes(tool)
      ? words.filter(({ at }) => at === 1)
      : READ.includes(tool) || MAKE.includes(tool)
        ? words.slice(tool === 'tar' ? ofTar() : (SKIP[tool] ?? 0), MAKE.includes(tool) ? -1 : undefined)
        : []
  const missing = needed.flatMap((word): readonly Fix[] => {
    if (kind(word.path) !== undefined) return []
    const near = nearPath(word.text)
    return found(`${word.text} is not there.`, near && call.swap(word.at, near))
  })
  if (missing.length > 0) return missing
  const isMade = tool === 'touch' || (MAKE.includes(tool) && words.length > 1)
  const parent = last?.text.endsWith('/') ? last.text : dirname(last?.text ?? '')
  if (!isMade || kind(absolute(parent, world)) !== undefined) return []
  return found(`The directory ${parent} is not there.`, call.before(`mkdir -p ${quoted(parent)} &&`))

  /** Words that are no files that have to be there: letters without a dash, and the archive that is made. */
  function ofTar(): number {
    const letters = args[0] ?? ''
    return (letters.startsWith('-') ? 0 : 1) + (/^-?\w*c/.test(letters) ? 1 : 0)
  }

  /** The same path with the first part that is not there written as its nearest neighbour. */
  function nearPath(path: string): string | undefined {
    const above = dirname(path)
    if (above !== path && kind(absolute(above, world)) === undefined) {
      const found = above === '.' ? undefined : nearPath(above)
      if (found === undefined) return undefined
      const whole = join(found, basename(path))
      return kind(absolute(whole, world)) === undefined ? undefined : whole
    }
    const isDirectory = tool === 'cd' || tool === 'pushd' || tool === 'rmdir'
    const entries = world
      .list(absolute(above, world))
      .filter((name) => !isDirectory || kind(absolute(join(above, name), world)) === 'directory')
    const near = closest(basename(path), entries)
    return near && path.replace(/[^/]+\/*$/, () => near)
  }
}
