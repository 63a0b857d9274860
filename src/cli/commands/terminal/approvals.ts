// karo approvals: shows what agents and AI tools want to do, and takes a person's yes or no.
import { APPROVALS_LOG_MAX } from '../../../api/contract/constants.ts'
import {
  decideApproval,
  getApproval,
  getApprovals,
  getApprovalsLog,
} from '../../../api/contract/operations/agents/approvals.ts'
import { getIdentity } from '../../../api/contract/operations/status.ts'
import type { ApprovalShape } from '../../../api/contract/shapes.ts'
import { AT, type CommandIo, defineCommand, EXIT, KaroError, localTime, show, whole } from '../../kit.ts'
import { askLine, canAsk } from '../../terminal/confirm.ts'
import { approvalsLogView, approvalsView, CARD_MAX, cardView } from '../../views/approvals.ts'

const request = {
  optional: true,
  description: 'id of the request, or the beginning of it; without it, the only one that waits',
  completes: 'approvals:list:id',
} as const
const reason = { value: 'text', description: 'why, for the log' } as const
/** Another machine is asked twice. */
const DECIDE_DEADLINE_MS = 30_000
const HASH = /^[0-9a-f]{8,64}$/

const list = defineCommand('approvals list', {
  summary: 'list what agents and AI tools ask to do, and what waits for your answer',
  shows: getApprovals,
  options: { at: AT },
  view: (answer, io) => approvalsView(answer, Date.now(), io),
})

const one = defineCommand('approvals show', {
  summary: 'show one request: who, where, the exact words, what changes, the risk, and the hash',
  shows: getApproval,
  args: { id: request },
  options: { at: AT },
  async run(io, { args, options }) {
    const card = await askFor(io, args.id, options)
    const shown = io.json ? '' : await cardOf(io, card)
    return show(io, card, () => shown)
  },
})

const approve = defineCommand('approvals approve', {
  summary: 'show a request and approve it; from another terminal than the one that asks',
  shows: decideApproval,
  args: { id: request },
  options: {
    for: {
      value: 'what',
      description:
        'task: also approve exactly this again for the same task, as long as its risk allows; never for critical requests',
      choices: ['task'],
    },
    reason,
    yes: {
      value: 'hash',
      description: 'do not ask: the hash that was shown, or at least the first 8 digits',
    },
    at: AT,
  },
  examples: {
    'karo approvals approve 3f9a --yes c0ffee00': 'for a script that has shown the request to a person',
  },
  async run(io, { args, options }) {
    const card = await askFor(io, args.id, options)
    const answer = await agreed(io, card, options.yes)
    if (answer === undefined) {
      io.out('Not approved. The request still waits; karo approvals deny  ends it.\n')
      return EXIT.refused
    }
    const scope = options.for === 'task' ? ('task' as const) : answer
    const made = await decide(io, card, options, { approve: true, scope })
    return show(
      io,
      made,
      ({ expires_at }) =>
        `Approved ${scope === 'task' ? 'for this task' : 'once'}, until ${localTime(expires_at ?? '')}.\n`,
    )
  },
})

/** Sends the whole hash of what was shown: if anything else waits under this id by now, the daemon refuses. */
const decide = (
  io: CommandIo,
  { id, hash }: ApprovalShape,
  { at, reason }: { readonly at?: string | undefined; readonly reason?: string | undefined },
  decision: { readonly approve: boolean; readonly scope?: 'once' | 'task' },
) =>
  io.call(decideApproval, {
    body: { id, ...decision, hash, at, reason: reason || undefined },
    deadlineMs: DECIDE_DEADLINE_MS,
  })

const cardOf = async (io: CommandIo, card: ApprovalShape): Promise<string> =>
  cardView(card, { now: Date.now(), self: await io.call(getIdentity) }, io)

/** For what the person agrees to the content of the card; with `--yes`, the given hash has to be that of the card. Undefined: they do not. */
async function agreed(
  io: CommandIo,
  card: ApprovalShape,
  yes: string | undefined,
): Promise<'once' | 'task' | undefined> {
  if (yes !== undefined) {
    if (HASH.test(yes) && card.hash.startsWith(yes)) return 'once'
    throw new KaroError('refused', 'this is not the hash of the request', {
      where: '--yes',
      hint: `karo approvals show ${card.id} prints it; it takes at least 8 digits.`,
    })
  }
  if (!canAsk(io))
    throw new KaroError('refused', 'a person has to approve, and there is no terminal to ask at', {
      hint: `A script that has shown the request to a person passes its hash: --yes ${card.hash.slice(0, 8)}`,
    })
  const shown = await cardOf(io, card)
  if (shown.length > CARD_MAX)
    throw new KaroError(
      'too_large',
      `the request has ${shown.length} characters, too many for this question`,
      {
        hint: `karo approvals show ${card.id} --json shows the hash; give it with --yes HASH`,
      },
    )
  io.err(shown)
  const isOnce = card.class === 'critical'
  const question = isOnce
    ? 'Approve exactly this?'
    : 'Approve exactly this (t: also when this task or login session asks again)?'
  const said = (await askLine(`${question} [y/N] `)) ?? ''
  if (!isOnce && /^t(ask)?$/i.test(said)) return 'task'
  return /^y(es)?$/i.test(said) ? 'once' : undefined
}

const deny = defineCommand('approvals deny', {
  summary: 'deny a request',
  shows: decideApproval,
  args: { id: request },
  options: { reason, at: AT },
  async run(io, { args, options }) {
    const card = await askFor(io, args.id, options)
    const made = await decide(io, card, options, { approve: false })
    return show(io, made, () => `Denied ${card.id}.\n`)
  },
})

const log = defineCommand('approvals log', {
  summary: 'show past requests: who decided, when, and why',
  shows: getApprovalsLog,
  args: { id: { ...request, description: 'id of one request, or the beginning of it' } },
  options: {
    limit: {
      value: 'number',
      reads: whole(1, APPROVALS_LOG_MAX),
      description: 'how many, the newest',
      default: '50',
    },
  },
  view: approvalsLogView,
})

async function askFor(
  io: CommandIo,
  id: string | undefined,
  { at }: { readonly at?: string | undefined },
): Promise<ApprovalShape> {
  if (id !== undefined) return io.call(getApproval, { query: { id, at } })
  const { approvals } = await io.call(getApprovals, { query: { at } })
  const [only, ...others] = approvals.filter(({ state }) => state === 'pending')
  // In a list of another machine nothing says what changes.
  if (only !== undefined && others.length === 0) return askFor(io, only.id, { at })
  const [code, message] =
    only === undefined
      ? (['not_found', 'nothing waits for your answer'] as const)
      : (['bad_request', `${others.length + 1} requests wait, so name one`] as const)
  throw new KaroError(code, message, { hint: 'karo approvals list shows what waits.' })
}

export const commands = [list, one, approve, deny, log]
