// Programs that are not there, and words of a program that it does not know: mistyped, or not installed.
import { closest, distance } from '../../../base/suggest.ts'
import type { CommandKnowledge } from '../knowledge.ts'
import { type Call, type Fix, found, NOT_FOUND, type Rule } from './rule.ts'

const BUILTINS = ['cd', 'echo', 'exit', 'export', 'pwd', 'type', 'alias', 'history', 'source', 'jobs', 'kill']

/** Packages whose names differ from those of their programs: Debian's, and Fedora's where it has another one. */
const PACKAGES: Readonly<Record<string, readonly [debian: string, fedora?: string]>> = {
  ag: ['silversearcher-ag', 'the_silver_searcher'],
  cc: ['gcc'],
  convert: ['imagemagick', 'ImageMagick'],
  dig: ['dnsutils', 'bind-utils'],
  fd: ['fd-find'],
  'g++': ['g++', 'gcc-c++'],
  host: ['bind9-host', 'bind-utils'],
  ifconfig: ['net-tools'],
  ip: ['iproute2', 'iproute'],
  killall: ['psmisc'],
  mtr: ['mtr-tiny', 'mtr'],
  nc: ['netcat-openbsd', 'nmap-ncat'],
  netstat: ['net-tools'],
  nslookup: ['dnsutils', 'bind-utils'],
  pip: ['python3-pip'],
  pip3: ['python3-pip'],
  ping: ['iputils-ping', 'iputils'],
  ps: ['procps', 'procps-ng'],
  pstree: ['psmisc'],
  python: ['python-is-python3', 'python-unversioned-command'],
  rg: ['ripgrep'],
  sponge: ['moreutils'],
  ss: ['iproute2', 'iproute'],
  ssh: ['openssh-client', 'openssh-clients'],
  telnet: ['telnet'],
  vim: ['vim', 'vim-enhanced'],
  watch: ['procps', 'procps-ng'],
  xz: ['xz-utils', 'xz'],
}
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
    return [...meant(tool, programs, knowledge.names(), (name) => call.swap(0, name)), ...missing(tool)]
  }
  const known = knowledge.command(tool)
  return known ? words(call, known) : []

  function missing(name: string): readonly Fix[] {
    if (!Object.hasOwn(PACKAGES, name) && knowledge.command(name) === undefined)
      return found(`There is no program ${name}.`)
    const manager = MANAGERS.find(([program]) => programs.includes(program))
    const [debian = name, fedora = debian] = PACKAGES[name] ?? []
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
function words({ tool, args, swap, behind }: Call, of: CommandKnowledge): readonly Fix[] {
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
      const near =
        takesOnlySubs.has(tool) &&
        subs.length > 3 &&
        nearest(
          word,
          subs.flatMap(([all]) => all),
        )
      if (near) return found(`${path.join(' ')} has no command ${word}.`, swap(i + 1, near))
      break
    }
    path.push(word)
    options.push(...(sub.o ?? []))
    subs = sub.s ?? []
  }
  const long = options.flatMap(({ n }) => n).filter((name) => name.startsWith('--'))
  // Its tests have one dash, and fig has none of them.
  if (tool === 'find') {
    if (/-exec (?!.* [;+](?: |$)).*[^;]$/.test(args.join(' ')))
      return found('What -exec runs has no end.', behind(args.length, '\\;'), false)
    long.push(...FIND)
  }
  for (const [i, word] of args.entries()) {
    const [name = '', value] = word.split(/=(.*)/s)
    // Many programs take an abbreviation.
    if (!name.startsWith(tool === 'find' ? '-' : '--') || long.some((one) => one.startsWith(name))) continue
    const near = closest(name, long)
    if (!near) continue
    const line = swap(i + 1, value === undefined ? near : `${near}=${value}`)
    return found(`${tool} has no option ${name}, as far as Karo knows.`, line, false)
  }
  return []
}

const FIND =
  '-name -iname -type -mtime -mmin -size -path -exec -delete -maxdepth -mindepth -newer -perm -user -group -empty -prune -print -print0 -regex -not'.split(
    ' ',
  )
/** Programs whose first word is always one of their commands. */
const takesOnlySubs = new Set(
  'git docker podman npm yarn pnpm kubectl cargo go helm systemctl apt apt-get dnf pip pip3 brew gh terraform rustup flatpak snap'.split(
    ' ',
  ),
)

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
