// A request that nobody made, as `karo policy check` and policy tests describe one, for trying policies.
import { KaroError } from '../../base/errors.ts'
import { labelProblem } from '../../base/words/roles.ts'
import { TRUST_LEVELS } from '../../base/words/trust-levels.ts'
import { NOBODY } from './principal.ts'
import { ACTION_CATEGORY } from './resource.ts'
import { ACTIONS, type RoleRequest, type SharingCategory } from './types.ts'

export interface Supposition {
  /** `role:security`, `team:eng`. */
  readonly as: readonly string[]
  readonly action: string
  /** Absent: 2 for a supervisor, else 1; summaries are level 1. */
  readonly level?: 1 | 2 | undefined
  /** For `summary.receive`, which has one for each part; a question has its own. */
  readonly category?: SharingCategory | undefined
  /** Default: `peer`. */
  readonly trust?: string | undefined
  /** `22:30`, `sat 22:30`, or RFC 3339; absent: now. In the time of this machine. */
  readonly at?: string | undefined
  /** How long the time asked about is; it ends at `at`. Default: 24. */
  readonly range_hours?: number | undefined
}

const HOUR_MS = 3_600_000
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** `teams` and `k` are of the answering node. Throws KaroError `bad_request` with what is allowed. */
export function supposedRequest(
  supposed: Supposition,
  { teams, k, now }: { readonly teams: readonly string[]; readonly k: number; readonly now: number },
): RoleRequest {
  const action = oneOf(ACTIONS, supposed.action, 'action')
  const trust_level = oneOf(TRUST_LEVELS, supposed.trust ?? 'peer', 'trust')
  const { roles, teams: theirs } = partsOf(supposed.as)
  const at = supposed.at === undefined ? now : momentOf(supposed.at, now)
  const level = supposed.level ?? (trust_level === 'supervisor' && action !== 'summary.receive' ? 2 : 1)
  const about = ACTION_CATEGORY[action]
  if (about === 'any' && supposed.category === undefined) {
    throw new KaroError('bad_request', `${action} is decided for each category`, {
      where: 'category',
      hint: 'Give one: --category tool_usage.',
    })
  }
  const category = about === 'any' ? supposed.category : (about ?? undefined)
  return {
    principal: { node_id: NOBODY, trust_level, denied: false, roles, teams: theirs },
    action,
    resource: { level: about === null ? 1 : level, ...(category === undefined ? {} : { category }) },
    teams,
    k,
    circumstances: {
      at,
      ...(action === 'summary.receive'
        ? {}
        : { range: { start: at - (supposed.range_hours ?? 24) * HOUR_MS, end: at } }),
    },
  }
}

const oneOf = <T extends string>(all: readonly T[], given: string, where: string): T => {
  const found = all.find((one) => one === given)
  if (found !== undefined) return found
  throw new KaroError('bad_request', `'${given.slice(0, 80)}' is none`, {
    where,
    hint: `There are: ${all.join(', ')}.`,
  })
}

function partsOf(as: readonly string[]): { roles: string[]; teams: string[] } {
  const parts: { roles: string[]; teams: string[] } = { roles: [], teams: [] }
  for (const entry of as) {
    const [, kind, label] = /^(role|team):(.*)$/s.exec(entry) ?? []
    const problem = kind === undefined ? 'names no role or team' : labelProblem(kind, label ?? '')
    if (label === undefined || problem !== undefined) {
      throw new KaroError('bad_request', `'${entry.slice(0, 80)}' ${problem}`, {
        where: 'as',
        hint: 'Write role:security or team:eng.',
      })
    }
    parts[kind === 'role' ? 'roles' : 'teams'].push(label)
  }
  return parts
}

/** A time of day is one of the day that `now` is on, or of the next such weekday. */
function momentOf(given: string, now: number): number {
  const [, day, hour, minute] = /^(?:(\w{3}) )?(\d{1,2}):(\d{2})$/.exec(given.trim().toLowerCase()) ?? []
  if (hour !== undefined && Number(hour) < 24 && Number(minute) < 60) {
    const date = new Date(now)
    date.setHours(Number(hour), Number(minute), 0, 0)
    if (day === undefined) return date.getTime()
    const wanted = WEEKDAYS.indexOf(day)
    if (wanted >= 0) {
      date.setDate(date.getDate() + ((wanted - ((date.getDay() + 6) % 7) + 7) % 7))
      return date.getTime()
    }
  }
  const at = /^\d{4}-\d\d-\d\dT/i.test(given) ? Date.parse(given) : Number.NaN
  if (Number.isFinite(at)) return at
  throw new KaroError('bad_request', `'${given.slice(0, 80)}' is no time`, {
    where: 'at',
    hint: 'Write 22:30, sat 22:30, or 2026-11-21T22:30:00Z.',
  })
}
