// The wrong directory, and ports that somebody else has.
import { relative, resolve } from 'node:path'
import { above, quoted } from './paths.ts'
import type { Fix, Rule, World } from './rule.ts'

/** What a program looks for where it is started. */
const LOOKS_FOR: Readonly<Record<string, readonly string[]>> = {
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
const CLIMBS = new Set(['git', 'cargo', 'npm', 'yarn', 'pnpm', 'go'])
const MOST_BELOW = 200

export const places: Rule = (call, { world }) => {
  const busy = portInUse([call.tool, ...call.args], world)
  if (busy !== undefined) return [busy]
  const files = LOOKS_FOR[call.tool]
  if (files === undefined || call.args.some((word) => ANYWHERE.test(word))) return []
  const up = above(files, world)
  if (up === world.cwd || (up !== undefined && CLIMBS.has(call.tool))) return []
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
}

/** A directory in this one that has such a file; undefined where there is none or more than one. */
function below(files: readonly string[], world: World): string | undefined {
  const found = world
    .list(world.cwd)
    .slice(0, MOST_BELOW)
    .map((name) => resolve(world.cwd, name))
    .filter((path) => files.some((name) => world.kind(resolve(path, name)) !== undefined))
  return found.length === 1 ? found[0] : undefined
}

/** Words that name a port to listen at: `--port 8080`, `-p 8080:80`, `:8080`, and the last word of http.server. */
function portOf(word: string): number | undefined {
  const parts = word
    .replace(/^--?\w+=?(?=.)/, '')
    .split(':')
    .filter((part) => /^\d{2,5}$/.test(part))
  // Of two, the second is the port inside of a container.
  return parts[0] === undefined || parts.length > 2 ? undefined : Number(parts[0])
}
const LISTENS = /^(?:--?(?:port|p|l|lp|listen|bind)(?:[= ].*)?|http\.server|serve|runserver|\w*:\d+)$/

function portInUse(words: readonly string[], world: World): Fix | undefined {
  if (!words.some((word) => LISTENS.test(word)) && words[0] !== 'nc') return undefined
  for (const word of words.slice(1)) {
    const port = portOf(word)
    if (port === undefined || port > 65_535) continue
    const owner = world.listener(port)
    if (owner === undefined) continue
    if (owner === null)
      return {
        problem: `Somebody listens at port ${port} already.`,
        line: `${world.isRoot ? '' : 'sudo '}ss -ltnp 'sport = :${port}'`,
        sure: true,
      }
    return {
      problem: `${owner.name} (process ${owner.pid}) listens at port ${port} already.`,
      line: `kill ${owner.pid}`,
      sure: false,
    }
  }
  return undefined
}
