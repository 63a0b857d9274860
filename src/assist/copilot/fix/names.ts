// Programs that are not there, and words of a program that it does not know: mistyped, or not installed.
import { closest, distance } from '../../../base/suggest.ts'
import type { Knowledge } from '../knowledge.ts'
import { type Call, type Fix, found, NOT_FOUND, type Rule } from './rule.ts'

const BUILTINS = ['cd', 'echo', 'exit', 'export', 'pwd', 'type', 'alias', 'history', 'source', 'jobs', 'kill']

const MANAGERS: readonly (readonly [program: string, install: string])[] = [
  ['apt-get', 'apt install'],
  ['dnf', 'dnf install'],
  ['pacman', 'pacman -S'],
  ['zypper', 'zypper install'],
  ['apk', 'apk add'],
]

export const names: Rule = (call, { world, knowledge, exitCode }) => {
  const { tool } = call
  // An error that is not known begins with what said it.
  if (/^(?!cd\/).*\/|:$/.test(tool) || BUILTINS.includes(tool)) return []
  const programs = world.programs()
  const isThere = programs.includes(tool)
  const isKnown = knowledge.own(tool) !== undefined
  if (exitCode === NOT_FOUND || (exitCode === null && !isThere)) {
    if (isThere) return []
    const [, name = '', rest = ''] = /^(\w+)(\.\.|-\w{1,3}|(?<=^cd)\/.*)$/.exec(tool) ?? []
    if ((programs.includes(name) && !takesOnlySubs.has(name)) || BUILTINS.includes(name))
      // The mark stands for the blank, which would be put into quotes.
      return found(
        `There is no blank behind ${name}.`,
        call.swap(0, `${name}%@%${rest}`).replace('%@%', ' '),
        name === 'cd',
      )
    // A name that is right is no other one mistyped.
    const others = isKnown ? [] : meant(tool, programs, knowledge.names(), (name) => call.swap(0, name))
    return [...others, ...missing(tool)]
  }
  return words(call, knowledge)

  function missing(name: string): readonly Fix[] {
    const named = knowledge.own(`package ${name}`)?.does.split(' ') ?? []
    if (named.length === 0 && !isKnown && knowledge.command(name) === undefined)
      return found(`There is no program ${name}.`)
    const manager = MANAGERS.find(([program]) => programs.includes(program))
    if (manager !== undefined && MANAGERS.some(([program]) => program === name))
      return found(
        `This system has ${manager[0]}, and not ${name}.`,
        call.args[0]?.startsWith('-') ? undefined : call.swap(0, manager[0]),
        false,
      )
    const [debian = name, fedora = debian] = named
    const problem = `${name} is not installed here.`
    if (manager === undefined) return found(problem)
    const [program, install] = manager
    return found(
      problem,
      `${world.isRoot ? '' : 'sudo '}${install} ${program === 'apt-get' ? debian : fedora}`,
    )
  }
}

/** Commands and options of a program that are mistyped. */
function words({ tool, args, swap, behind }: Call, knowledge: Knowledge): readonly Fix[] {
  const of = knowledge.command(tool) ?? {}
  // Where the built knowledge has none.
  const verbs = knowledge.own(`commands ${tool}`)?.does.split(' ') ?? []
  const options = [...(of.o ?? [])]
  let { s: subs = [] } = of
  const path = [tool]
  for (const [i, word] of args.entries()) {
    // An option of a subcommand may have a value, which is no command.
    if (word.startsWith('-')) {
      if (path[1]) break
      continue
    }
    const sub = subs.find(([all]) => all.includes(word))?.[1]
    if (sub === undefined) {
      const known = path[1] === undefined && subs.length === 0 ? verbs : subs.flatMap(([all]) => all)
      const isSure = takesOnlySubs.has(tool)
      const near =
        (isSure || of.a === undefined) && known.length > 3 && !known.includes(word) && nearest(word, known)
      if (near) return found(`${path.join(' ')} has no command ${word}.`, swap(i + 1, near), isSure)
      break
    }
    path.push(word)
    options.push(...(sub.o ?? []))
    subs = sub.s ?? []
  }
  const own = knowledge.own(tool)
  const dashes = own?.words ? '-' : '--'
  const long = [
    ...options.flatMap(({ n }) => n),
    ...(own?.options?.flatMap(({ names }) => names) ?? []),
  ].filter((name) => name.startsWith(dashes))
  if (tool === 'find' && /-exec (?!.* [;+](?: |$)).*[^;]$/.test(args.join(' ')))
    return found('What -exec runs has no end.', behind(args.length, '\\;'), false)
  for (const [i, word] of args.entries()) {
    const [name = '', value] = word.split(/=(.*)/s)
    // Many programs take an abbreviation.
    if (!name.startsWith(dashes) || long.some((one) => one.startsWith(name))) continue
    const near = closest(name, long)
    if (!near) continue
    const line = swap(i + 1, value === undefined ? near : `${near}=${value}`)
    return found(`${tool} has no option ${name}, as far as Karo knows.`, line, false)
  }
  return []
}

/** Programs whose first word is always one of their commands. */
const takesOnlySubs = new Set('git docker npm yarn pnpm kubectl apt apt-get pip pip3 brew gh'.split(' '))

function meant(
  typed: string,
  programs: readonly string[],
  known: readonly string[],
  line: (name: string) => string,
): readonly Fix[] {
  const there = new Set([...programs, ...BUILTINS])
  const near = nearest(typed, [...known.filter((name) => there.has(name)), ...BUILTINS, ...programs])
  return near === undefined
    ? []
    : found(`There is no command ${typed}; ${near} is one.`, line(near), distance(typed, near) === 1)
}

const letters = (word: string): string => [...word].sort().join('')

/** The same letters in another order come first: that is how most words are mistyped. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  const own = letters(word)
  const swapped = candidates.find(
    (name) => name !== word && letters(name) === own && distance(word, name) === 1,
  )
  return swapped ?? (word.length < 3 ? undefined : closest(word, candidates))
}
