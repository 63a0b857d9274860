// The wrong directory, words that a file of it does not have, and services that do not run.
import { relative, resolve } from 'node:path'
import { orElse } from '../../../base/run/or-else.ts'
import { closest } from '../../../base/suggest.ts'
import { above, quoted } from './paths.ts'
import type { Call, Fix, Rule, World } from './rule.ts'

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
  if (service !== undefined) return [service]
  const files = LOOKS_FOR[call.tool]
  if (files === undefined || call.args.some((word) => ANYWHERE.test(word))) return []
  const up = above(files, world)
  if (up !== undefined && (up === world.cwd || CLIMBS.has(call.tool))) return targets(up)
  const problem = `${call.tool} looks for ${files[0]}, and there is none here.`
  const there = up ?? below(files, world)
  if (there === undefined) return [{ problem, sure: true }]
  const path = relative(world.cwd, there)
  return [
    {
      problem: `${problem.slice(0, -1)}; ${path} has one.`,
      line: call.before(`cd ${quoted(path)} &&`),
      sure: up !== undefined,
    },
  ]

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
    return [{ problem, ...(near === undefined ? {} : { line: call.swap(at + 1, near) }), sure: !isMake }]
  }
}

const DOCKER = '/var/run/docker.sock'

function notRunning({ tool, args, before }: Call, world: World): Fix | undefined {
  const hasSystemd = world.kind('/run/systemd/system') !== undefined
  const sudo = world.isRoot ? '' : 'sudo '
  if (tool === 'docker' && world.kind(DOCKER) === undefined)
    return {
      problem: 'The Docker daemon does not run here.',
      line: `${sudo}${hasSystemd ? 'systemctl start docker' : 'service docker start'}`,
      sure: false,
    }
  if (tool === 'docker' && !world.can(DOCKER, 'write'))
    return { problem: 'You may not use the Docker daemon.', line: before('sudo'), sure: true }
  if (tool === 'systemctl' && !hasSystemd && !args.includes('--user'))
    return {
      problem: 'Systemd does not run here.',
      ...(args[1] === undefined ? {} : { line: `${sudo}service ${quoted(args[1])} ${quoted(args[0]!)}` }),
      sure: true,
    }
  if (tool === 'kill') {
    const gone = args.find((word) => /^\d+$/.test(word) && world.kind(`/proc/${word}`) === undefined)
    if (gone !== undefined) return { problem: `There is no process ${gone}.`, sure: true }
  }
  if (/^pip3?$/.test(tool) && args[0] === 'install' && isManaged(world))
    return {
      problem:
        "The system's package manager looks after this Python; a virtual environment takes packages of yours.",
      line: `python3 -m venv .venv && .venv/bin/${[tool, ...args.map(quoted)].join(' ')}`,
      sure: false,
    }
  return undefined
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
