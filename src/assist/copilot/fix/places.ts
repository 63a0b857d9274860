// The wrong directory, words that a file of it does not have, and services that do not run.
import { relative, resolve } from 'node:path'
import { orElse } from '../../../base/run/or-else.ts'
import { closest } from '../../../base/suggest.ts'
import { above, type Call, type Fix, found, quoted, type Rule, type World } from './rule.ts'

/** What a program looks for where it is started. */
export const LOOKS_FOR: Readonly<Record<string, readonly string[]>> = {
  make: ['Makefile', 'makefile', 'GNUmakefile'],
  npm: ['package.json'],
  yarn: ['package.json'],
  pnpm: ['package.json'],
  cargo: ['Cargo.toml'],
  go: ['go.mod'],
  mvn: ['pom.xml'],
  bundle: ['Gemfile'],
  git: ['.git'],
  terraform: ['main.tf'],
  'docker-compose': ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'],
}
/** Words with which they need no such file. */
const ANYWHERE =
  /^(?:init|clone|new|create|install|i|help|version|config|login|search|view|exec|-g|--global|-C|-f|--git-dir.*|--prefix.*|--version|--help|-h)$/
/** Programs that find their file in a directory above by themselves. */
const CLIMBS = new Set('git cargo npm yarn pnpm go'.split(' '))
const MOST_BELOW = 200

export const places: Rule = (call, { world }) => {
  const service = notRunning(call, world)
  if (service.length > 0) return service
  const files = LOOKS_FOR[call.tool]
  if (files === undefined || call.args.some((word) => ANYWHERE.test(word))) return []
  const up = above(files, world)
  if (up !== undefined && (up === world.cwd || CLIMBS.has(call.tool))) return targets(up)
  const problem = `${call.tool} looks for ${files[0]}, and there is none here.`
  const there = up ?? below(files, world)
  if (there === undefined) return found(problem)
  const path = relative(world.cwd, there)
  return found(
    `${problem.slice(0, -1)}; ${path} has one.`,
    call.before(`cd ${quoted(path)} &&`),
    up !== undefined,
  )

  /** Scripts of package.json and targets of a makefile. */
  function targets(directory: string): readonly Fix[] {
    const text = (files ?? []).map((name) => world.read(resolve(directory, name))).find(Boolean) ?? ''
    const isMake = call.tool === 'make'
    const at = isMake ? call.args.findIndex((word) => /^[\w.-]+$/.test(word) && !word.startsWith('-')) : 1
    const name = call.args[at]
    if (name === undefined || (!isMake && !(call.args[0] === 'run' && files?.[0] === 'package.json')))
      return []
    const names = isMake
      ? [...text.matchAll(/^([\w.-]+) *:(?!=)/gm)].map(([, target]) => target!)
      : Object.keys(orElse(() => JSON.parse(text).scripts ?? {}, {}))
    if (names.includes(name)) return []
    const near = closest(name, names)
    const problem = `${isMake ? 'The makefile' : 'package.json'} has no ${isMake ? 'target' : 'script'} ${name}.`
    return found(problem, near && call.swap(at + 1, near), !isMake)
  }
}

const DOCKER = '/var/run/docker.sock'

function notRunning({ tool, args, before, swap }: Call, world: World): readonly Fix[] {
  const hasSystemd = world.kind('/run/systemd/system') !== undefined
  const sudo = world.isRoot ? '' : 'sudo '
  if (tool === 'docker' && world.kind(DOCKER) === undefined)
    return found(
      'The Docker daemon does not run here.',
      `${sudo}${hasSystemd ? 'systemctl start docker' : 'service docker start'}`,
      false,
    )
  if (tool === 'docker' && !world.can(DOCKER, 'write'))
    return found('You may not use the Docker daemon.', before('sudo'))
  if (tool === 'systemctl' && !hasSystemd && !args.includes('--user'))
    return found(
      'Systemd does not run here.',
      args[1] && `${sudo}service ${quoted(args[1])} ${quoted(args[0]!)}`,
    )
  if (tool === 'kill') {
    if (/^(?:-[A-Z\d]+ )?[a-zA-Z][\w.-]*$/.test(args.join(' ')))
      return found(
        'kill takes the number of a process and not its name.',
        swap(0, 'pkill')?.replace('pkill', 'pkill -x'),
      )
    const gone = args.find((word) => /^\d+$/.test(word) && world.kind(`/proc/${word}`) === undefined)
    if (gone !== undefined) return found(`There is no process ${gone}.`)
  }
  if (/^pip3?$/.test(tool) && args[0] === 'install' && isManaged(world))
    return found(
      "The system's package manager looks after this Python; a virtual environment takes packages of yours.",
      `python3 -m venv .venv && .venv/bin/${[tool, ...args.map(quoted)].join(' ')}`,
      false,
    )
  return []
}

/** As PEP 668 marks it. */
const isManaged = (world: World): boolean =>
  world.list('/usr/lib').some((name) => world.kind(`/usr/lib/${name}/EXTERNALLY-MANAGED`) === 'file')

/** A directory in this one that has such a file; undefined where there is none or more than one. */
function below(files: readonly string[], world: World): string | undefined {
  const found = world
    .list(world.cwd)
    .slice(0, MOST_BELOW)
    .map((name) => resolve(world.cwd, name))
    .filter((path) => files.some((name) => world.kind(resolve(path, name)) !== undefined))
  return found.length === 1 ? found[0] : undefined
}
