// Programs that are not there, and words of a program that it does not know: mistyped, or not installed.
import { closest, distance } from '../../../base/suggest.ts'
import type { CommandKnowledge } from '../knowledge-format.ts'
import { type Fix, found, type Rule } from './rule.ts'

const NOT_FOUND = 127
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
  if (tool.includes('/') || tool.endsWith(':') || BUILTINS.includes(tool)) return []
  const programs = world.programs()
  const isThere = programs.includes(tool)
  if (exitCode === NOT_FOUND || (exitCode === null && !isThere)) {
    if (isThere) return []
    const glued = /^cd(\.\.|\/.*)$/.exec(tool)
    if (glued) return found('There is no blank behind cd.', `cd ${glued[1]}`)
    return [...meant(tool, programs, knowledge.names(), (name) => call.swap(0, name)), ...missing(tool)]
  }
  const known = knowledge.command(tool)
  return known === undefined ? [] : words(known)

  function missing(name: string): readonly Fix[] {
    if (!Object.hasOwn(PACKAGES, name) && knowledge.command(name) === undefined)
      return found(`No program ${name} is installed here.`)
    const manager = MANAGERS.find(([program]) => programs.includes(program))
    const [debian = name, fedora = debian] = PACKAGES[name] ?? []
    const problem = `${name} is not installed here.`
    if (manager === undefined) return [{ problem, sure: true }]
    const [program, install] = manager
    const own = program === 'apt-get' ? debian : fedora
    return [{ problem, line: `${world.isRoot ? '' : 'sudo '}${install} ${own}`, sure: true }]
  }

  function words(of: CommandKnowledge): readonly Fix[] {
    const at = call.args.findIndex((word) => !word.startsWith('-'))
    const given = call.args[at]
    const subs = (of.s ?? []).flatMap(([all]) => all)
    const isSub = given !== undefined && subs.includes(given)
    if (given !== undefined && subs.length > 3 && !isSub && takesOnlySubs.has(tool)) {
      const near = nearest(given, subs)
      if (near !== undefined) return found(`${tool} has no command ${given}.`, call.swap(at + 1, near))
    }
    const options = [...(of.o ?? []), ...(of.s?.find(([all]) => all.includes(given ?? ''))?.[1].o ?? [])]
    const long = options.flatMap(({ n }) => n).filter((name) => name.startsWith('--'))
    // Its tests have one dash, and fig has none of them.
    if (tool === 'find') long.push(...FIND)
    for (const [i, word] of call.args.entries()) {
      const [name = '', value] = word.split(/=(.*)/s)
      if (
        !name.startsWith(tool === 'find' ? '-' : '--') ||
        name === '--' ||
        long.length === 0 ||
        long.includes(name)
      )
        continue
      // An abbreviation, as many programs take it.
      if (long.some((one) => one.startsWith(name))) continue
      const near = closest(name, long)
      if (near === undefined) continue
      const line = call.swap(i + 1, value === undefined ? near : `${near}=${value}`)
      return [{ problem: `${tool} has no option ${name}, as far as Karo knows.`, line, sure: false }]
    }
    return []
  }
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
    : [
        {
          problem: `There is no command ${typed}; ${near} is one.`,
          line: line(near),
          sure: distance(typed, near) === 1,
        },
      ]
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
