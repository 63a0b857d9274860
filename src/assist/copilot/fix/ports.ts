// Ports that cannot be taken: somebody listens there already, or only root may.
import { basename } from 'node:path'
import { RUNNERS } from './files.ts'
import { LOOKS_FOR } from './places.ts'
import { absolute, type Fix, found, type Rule, type World } from './rule.ts'

const LISTENS = /^(?:--?(?:port|p|l|lp|listen|bind)(?:[= ].*)?|http\.server|serve|runserver|\w*:\d+)$/
/** Where the line names none. */
const USUAL: readonly (readonly [line: RegExp, port: number])[] = [
  [/^(?:nginx|apache2ctl|httpd|caddy)\b/, 80],
  [/\b(?:http\.server|runserver|uvicorn|gunicorn)\b/, 8000],
  [/^flask run\b/, 5000],
  [/^rails s/, 3000],
  [/\bvite\b/, 5173],
  [/^redis-server\b/, 6379],
]
/** A port in a program, a script of package.json, a makefile or a compose file. */
const NAMED =
  /\b(?:listen|bind|port)\b.{0,40}?(?<![\w.])(\d{2,5})(?![\w.])|^ *- ["']?(?:[\d.]+:)?(\d{2,5}):\d/gim

/** Words that name a port to listen at: `--port 8080`, `-p 8080:80`, `:8080`, and the last word of http.server. */
function portOf(word: string): number | undefined {
  const parts = word
    .replace(/^--?\w+=?(?=.)/, '')
    .split(':')
    .filter((part) => /^\d{2,5}$/.test(part))
  // Of two, the second is the port inside of a container.
  return parts[0] === undefined || parts.length > 2 ? undefined : Number(parts[0])
}

export const ports: Rule = ({ tool, args, sudo, before }, { world }) => {
  const named =
    tool === 'nc' || [tool, ...args].some((word) => LISTENS.test(word))
      ? args.flatMap((word) => portOf(word) ?? [])
      : []
  const root = Number(world.read('/proc/sys/net/ipv4/ip_unprivileged_port_start') ?? 1024)
  for (const port of named.length > 0 ? named : unnamed()) {
    const busy = listening(port, world, named.length > 0)
    if (busy !== undefined) return [busy]
    if (named.length > 0 && port < root && !sudo && !world.isRoot && tool !== 'docker')
      return found(`Only root may listen at port ${port}.`, before('sudo'), false)
  }
  return []

  function unnamed(): readonly number[] {
    const runs = RUNNERS.includes(tool) || tool.includes('/') ? [tool, ...args] : []
    const read = [...runs, ...(LOOKS_FOR[tool === 'docker' ? 'docker-compose' : tool] ?? [])]
    const inside = read.flatMap((name) => [...(world.read(absolute(name, world)) ?? '').matchAll(NAMED)])
    const line = [basename(tool), ...args].join(' ')
    return [
      ...inside.map(([, code, compose]) => Number(code ?? compose)),
      ...USUAL.flatMap(([program, port]) => (program.test(line) ? [port] : [])),
    ]
  }
}

/** Undefined where nobody listens. */
export function listening(port: number, world: World, sure: boolean): Fix | undefined {
  const owner = port > 65_535 ? undefined : world.listener(port)
  if (owner === undefined) return undefined
  return owner === null
    ? { problem: `Somebody listens at port ${port} already.`, line: whoListens(port, world), sure }
    : {
        problem: `${owner.name} (process ${owner.pid}) listens at port ${port} already.`,
        line: `kill ${owner.pid}`,
        sure: false,
      }
}

export const whoListens = (port: number, { isRoot }: World): string =>
  `${isRoot ? '' : 'sudo '}ss -ltnp 'sport = :${port}'`
